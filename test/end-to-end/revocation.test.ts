import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPegError, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { startTwoBackends, type TwoBackends } from "../support/two-backends.js";

const READS = 1000;
const AT_ONCE = 50;

describe.each([
  { name: "with Redis", redis: true, skip: !hasPostgres || !hasRedis },
  { name: "without Redis", redis: false, skip: !hasPostgres },
])("two processes $name", ({ redis, skip }) => {
  describe.skipIf(skip)("on one PostgreSQL", () => {
    let both: TwoBackends;
    let admin: PegClient;
    beforeAll(async () => {
      both = await startTwoBackends({ redis });
      admin = await both.first.clientOf("admin");
    });
    afterAll(() => both?.stop());

    async function readersOf(user: string): Promise<PegClient[]> {
      return [await both.first.clientOf(user), await both.second.clientOf(user)];
    }

    test("serve a revoked reader nothing, from the moment the revoke is acknowledged", {
      timeout: 60_000,
    }, async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const grant = { id, user_id: "reader", permission_type: "read" as const };
      await admin.permission.grant.mutate(grant);
      const readers = await readersOf("reader");
      // Both processes hold the answer and the permission.
      for (const reader of [...readers, ...readers]) await reader.pegComparison.get.query({ id });

      await admin.permission.revoke.mutate(grant);
      for (let done = 0; done < READS; done += AT_ONCE) {
        const answers = await Promise.allSettled(
          Array.from({ length: AT_ONCE }, (_, i) =>
            (readers[i % 2] as PegClient).pegComparison.get.query({ id, include_metadata: i % 3 === 0 }),
          ),
        );
        for (const answer of answers) {
          expect(answer.status === "rejected" && isPegError(answer.reason, "PERMISSION_DENIED")).toBe(true);
        }
      }
    });

    test("never answer with the old comparison once a replacement is acknowledged", {
      timeout: 120_000,
    }, async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis({ factor: 1 }));
      const clients = [admin, await both.second.clientOf("admin")];
      let factor = 1;
      let version = 1;
      for (let round = 0; round < 60; round++) {
        // Some reads begin before the replacement and may see either; those that begin after it see the new data.
        const before = Array.from({ length: round % 4 }, (_, i) =>
          (clients[i % 2] as PegClient).pegComparison.get.query({ id, cache_ttl: i % 2 ? 0 : 3600 }),
        );
        factor = 1 + (round + 1) / 1000;
        const replaced = await admin.analysis.replaceData.mutate({
          ...sampleAnalysis({ factor }),
          id,
          data_version: version,
        });
        version = replaced.data_version;
        const after = await Promise.all(
          Array.from({ length: 16 }, (_, i) => (clients[i % 2] as PegClient).pegComparison.get.query({ id })),
        );
        for (const answer of after) {
          if (answer.status !== "COMPLETED") throw new Error("not completed");
          expect(answer.data.summary.weighted_avg_change).toBeCloseTo((factor - 1) * 100, 9);
        }
        await Promise.allSettled(before);
      }
    });

    test("do not keep what a computation brings whose data was replaced meanwhile", async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis({ factor: 2 }));
      const elsewhere = await both.second.clientOf("admin");
      const release = both.service.hold();
      const calls = both.service.calls;
      const running = admin.pegComparison.get.query({ id });
      while (both.service.calls === calls) await both.service.nextCall();
      await elsewhere.analysis.replaceData.mutate({ ...sampleAnalysis({ factor: 3 }), id, data_version: 1 });
      release();
      for (const answer of [await running, await elsewhere.pegComparison.get.query({ id })]) {
        expect(answer).toMatchObject({ data: { summary: { weighted_avg_change: expect.closeTo(200, 9) } } });
      }
    });

    test("forget an analysis that is deleted, even where another is made under its id", async () => {
      const id = `reborn-${redis}`;
      await admin.analysis.create.mutate(sampleAnalysis({ id, factor: 2 }));
      const elsewhere = await both.second.clientOf("admin");
      await admin.pegComparison.get.query({ id });
      await elsewhere.pegComparison.get.query({ id });
      await admin.analysis.delete.mutate({ id });
      for (const client of [admin, elsewhere]) {
        const gone = await client.pegComparison.get.query({ id }).catch((error: unknown) => error);
        expect(isPegError(gone, "PERMISSION_DENIED")).toBe(true);
      }
      const other = await both.second.clientOf("other");
      await other.analysis.create.mutate(sampleAnalysis({ id, factor: 4 }));
      const answer = await other.pegComparison.get.query({ id });
      expect(answer).toMatchObject({ data: { summary: { weighted_avg_change: expect.closeTo(300, 9) } } });
      const former = await admin.pegComparison.get.query({ id }).catch((error: unknown) => error);
      expect(isPegError(former, "PERMISSION_DENIED")).toBe(true);
    });

    test("trust nothing they learned while they cannot hear of changes", async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const elsewhere = await both.second.clientOf("admin");
      await elsewhere.pegComparison.get.query({ id });
      const { changes } = both.second.runtime.services;
      const sql = postgres(both.databaseUrl, { max: 1, onnotice: () => undefined });
      try {
        expect(changes.hearing()).toBe(true);
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%listen'`;
        // Heard of within the turn in which the connection closes.
        while (changes.hearing()) await new Promise((resolve) => setImmediate(resolve));
        both.second.queries.length = 0;
        expect(await elsewhere.pegComparison.get.query({ id })).toMatchObject({ cached: true });
        expect(both.second.queries.length).toBeGreaterThan(0);
        await expect.poll(() => changes.hearing(), { timeout: 10_000 }).toBe(true);
      } finally {
        await sql.end();
      }
    });

    test("do not let an admin undo the own revocation with what was under way", {
      timeout: 60_000,
    }, async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const bob = await both.second.clientOf("bob");
      const bobAsAdmin = { id, user_id: "bob", permission_type: "admin" as const };
      for (let round = 0; round < 10; round++) {
        await admin.permission.grant.mutate(bobAsAdmin);
        await bob.permission.list.query({ id });
        const selfGrants = Promise.allSettled(
          Array.from({ length: 12 }, () => bob.permission.grant.mutate(bobAsAdmin)),
        );
        await admin.permission.revoke.mutate(bobAsAdmin);
        await selfGrants;
        const { permissions } = await admin.permission.list.query({ id });
        expect(permissions.map(({ user_id }) => user_id)).toEqual(["admin"]);
      }
    });

    test("drop what they hold where the changing process dies between commit and generation (C5)", async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis({ factor: 2 }));
      const grant = { id, user_id: "c5-reader", permission_type: "read" as const };
      await admin.permission.grant.mutate(grant);
      const reader = await both.second.clientOf("c5-reader");
      const elsewhere = await both.second.clientOf("admin");
      await reader.pegComparison.get.query({ id });
      await elsewhere.pegComparison.get.query({ id });
      const { shared } = both.first.runtime.services;
      const move = shared.moveGeneration.bind(shared);
      // It does not come to move the generation, nor to acknowledge, until the test has ended.
      const stuck: ((moved: boolean) => void)[] = [];
      shared.moveGeneration = () => new Promise((resolve) => stuck.push(resolve));
      try {
        void admin.permission.revoke.mutate(grant).catch(() => undefined);
        void admin.analysis.replaceData
          .mutate({ ...sampleAnalysis({ factor: 3 }), id, data_version: 1 })
          .catch(() => undefined);
        const denied = () =>
          reader.pegComparison.get.query({ id }).then(
            () => false,
            (error: unknown) => isPegError(error, "PERMISSION_DENIED"),
          );
        await expect.poll(denied, { timeout: 5000 }).toBe(true);
        const change = async () => {
          const answer = await elsewhere.pegComparison.summary.query({ id });
          return Math.round(answer.data.summary.weighted_avg_change);
        };
        await expect.poll(change, { timeout: 5000 }).toBe(200);
        expect(await elsewhere.pegComparison.get.query({ id })).toMatchObject({
          data: { summary: { weighted_avg_change: expect.closeTo(200, 9) } },
        });
      } finally {
        shared.moveGeneration = move;
        for (const end of stuck) end(true);
      }
    });

    test("keep one replacement of two that name the same version", async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const elsewhere = await both.second.clientOf("admin");
      const outcomes = await Promise.allSettled(
        [admin, elsewhere].map((client, i) =>
          client.analysis.replaceData.mutate({ ...sampleAnalysis({ factor: 2 + i }), id, data_version: 1 }),
        ),
      );
      const lost = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(lost).toHaveLength(1);
      expect(isPegError((lost[0] as PromiseRejectedResult).reason, "CONFLICT")).toBe(true);
      expect(await admin.analysis.byId.query({ id })).toMatchObject({ data_version: 2 });
    });
  });
});
