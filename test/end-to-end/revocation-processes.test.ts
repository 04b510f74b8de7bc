import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPegError, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { startTwoProcesses, type TwoProcesses } from "../support/two-processes.js";

const READS = 1000;
const AT_ONCE = 100;
const ROUNDS = 10;

/** Reads that a replacement of the same data overlaps, in each of the two set-ups: a thousand together. */
const INTERLEAVINGS = 500;
const ANALYSES = 4;
const READERS = 6;
/** Reads of an analysis that a writer lets pass, at most, before it replaces the data again. */
const MAX_READS_BETWEEN = 4;
/** Given to run a failure again: the choices are the same then, though not the timing. */
const SEED = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** Mulberry32: numbers from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Outcome = "answered" | "denied";

/** @throws what is neither an answer nor a refusal */
async function outcomeOf(read: Promise<unknown>): Promise<Outcome> {
  try {
    await read;
    return "answered";
  } catch (error) {
    if (isPegError(error, "PERMISSION_DENIED")) return "denied";
    throw error;
  }
}

/** How many of the reads ended how. */
async function countOutcomes(reads: Promise<unknown>[]): Promise<Record<Outcome, number>> {
  const count = { answered: 0, denied: 0 };
  for (const outcome of await Promise.all(reads.map(outcomeOf))) count[outcome]++;
  return count;
}

/** A version as the data and the summary computed of it show it: that many tenths of a percent. */
const factorOf = (version: number): number => 1 + version / 1000;
const versionOf = (change: number): number => Math.round(change * 10);

describe.each([
  { name: "with Redis", redis: true, skip: !cliIsBuilt || !hasPostgres || !hasRedis },
  { name: "without Redis", redis: false, skip: !cliIsBuilt || !hasPostgres },
])("two server processes $name", ({ redis, skip }) => {
  describe.skipIf(skip)("on one PostgreSQL", () => {
    let both: TwoProcesses;
    let admin: PegClient;
    beforeAll(async () => {
      both = await startTwoProcesses({ redis });
      admin = await both.clientOf("admin", both.first);
    });
    afterAll(() => both?.stop());

    /** Clients that take turns between the processes, each with requests of its own. */
    function clientsOf(user: string, count: number): Promise<PegClient[]> {
      return Promise.all(
        Array.from({ length: count }, (_, i) => both.clientOf(user, i % 2 ? both.second : both.first)),
      );
    }

    /** One read through each client, all of them under way when this returns. */
    function readAll(clients: PegClient[], id: string): Promise<unknown>[] {
      return clients.map((client, i) =>
        i % 5 === 4
          ? client.pegComparison.summary.query({ id })
          : client.pegComparison.get.query({ id, include_metadata: i % 3 === 0 }),
      );
    }

    test("C5: give none of a thousand reads to a reader whose revoke is acknowledged", {
      timeout: 60_000,
    }, async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const grant = { id, user_id: "reader", permission_type: "read" as const };
      await admin.permission.grant.mutate(grant);
      const readers = await clientsOf("reader", AT_ONCE);
      // Both processes hold the answers and the permission.
      for (let time = 0; time < 2; time++) {
        expect(await countOutcomes(readAll(readers, id))).toEqual({ answered: AT_ONCE, denied: 0 });
      }

      expect(await admin.permission.revoke.mutate(grant)).toEqual({ revoked: true });
      // Sent in the turn in which the acknowledgement is read.
      const firstWave = readAll(readers, id);
      expect(await countOutcomes(firstWave)).toEqual({ answered: 0, denied: AT_ONCE });
      for (let done = AT_ONCE; done < READS; done += AT_ONCE) {
        expect(await countOutcomes(readAll(readers, id))).toEqual({ answered: 0, denied: AT_ONCE });
      }
    });

    test("C5: follow a permission that is granted and revoked over and over while it is used", {
      timeout: 60_000,
    }, async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      const grant = { id, user_id: "again", permission_type: "read" as const };
      const readers = await clientsOf("again", AT_ONCE);
      for (let round = 0; round < ROUNDS; round++) {
        await admin.permission.grant.mutate(grant);
        const granted = await countOutcomes(readAll(readers, id));
        expect(granted, `round ${round}`).toEqual({ answered: AT_ONCE, denied: 0 });
        // These are under way when the permission goes and may end either way; what they learn must not last.
        const during = countOutcomes(readAll(readers.slice(0, AT_ONCE / 4), id));
        await admin.permission.revoke.mutate(grant);
        const revoked = await countOutcomes(readAll(readers, id));
        expect(revoked, `round ${round}`).toEqual({ answered: 0, denied: AT_ONCE });
        await during;
        const later = await countOutcomes(readAll(readers, id));
        expect(later, `round ${round}, later`).toEqual({ answered: 0, denied: AT_ONCE });
      }
    });

    test("C4: show no data older than the replacement that was acknowledged before the read, in a thousand interleavings", {
      timeout: 120_000,
    }, async () => {
      const random = generator(SEED);
      const below = (limit: number): number => Math.floor(random() * limit);
      const anyClient = (): Promise<PegClient> =>
        both.clientOf("admin", random() < 0.5 ? both.first : both.second);
      let answered = 0;
      let conflicts = 0;
      let overlapping = 0;

      const analyses = await Promise.all(
        Array.from({ length: ANALYSES }, async () => {
          const { id } = await admin.analysis.create.mutate(sampleAnalysis({ factor: factorOf(1) }));
          return { id, begun: 1, acknowledged: 1, reads: 0, onRead: () => {} };
        }),
      );
      type Analysis = (typeof analyses)[number];

      async function replaceAgain(analysis: Analysis): Promise<void> {
        const client = await anyClient();
        const next = analysis.acknowledged + 1;
        analysis.begun = next;
        const { data_version: version } = await client.analysis.replaceData.mutate({
          ...sampleAnalysis({ factor: factorOf(next) }),
          id: analysis.id,
          data_version: analysis.acknowledged,
        });
        expect(version).toBe(next);
        analysis.acknowledged = next;
        // Until some reads of it have ended: none, one, or as many as there are readers and more.
        const until = analysis.reads + below(MAX_READS_BETWEEN + 1);
        while (analysis.reads < until) {
          await new Promise<void>((resolve) => {
            analysis.onRead = resolve;
          });
        }
      }

      async function readOnce(analysis: Analysis): Promise<void> {
        const client = await anyClient();
        const summaryOnly = random() < 0.25;
        const input = {
          id: analysis.id,
          cache_ttl: random() < 0.5 ? 0 : 3600,
          include_metadata: random() < 0.5,
        };
        const oldest = analysis.acknowledged;
        const inFlight = analysis.begun > analysis.acknowledged;
        const what = `${summaryOnly ? "summary" : "get"} ${JSON.stringify(input)} begun at version ${oldest}, seed ${SEED}`;
        try {
          const answer = summaryOnly
            ? await client.pegComparison.summary.query({ id: analysis.id })
            : await client.pegComparison.get.query(input);
          if (!("data" in answer)) throw new Error(`not completed: ${what}`);
          const { data } = answer;
          const shown = versionOf(data.summary.weighted_avg_change);
          expect(shown, what).toBeGreaterThanOrEqual(oldest);
          expect(shown, what).toBeLessThanOrEqual(analysis.begun);
          if ("peg_comparison_results" in data) {
            // Of one piece: no PEG of another version than the summary.
            const versions = data.peg_comparison_results.map(({ comparison }) =>
              versionOf(comparison.change_percent),
            );
            expect(versions, what).toEqual([shown, shown]);
            expect("analysis_metadata" in data, what).toBe(input.include_metadata);
          }
          answered++;
        } catch (error) {
          // Told to a reader under whom the data moved several times.
          if (!isPegError(error, "CONFLICT")) throw error;
          conflicts++;
        }
        if (inFlight || analysis.acknowledged > oldest) overlapping++;
        analysis.reads++;
        analysis.onRead();
      }

      // The first failure ends it: a writer that waits for reads would wait for ever.
      let failed = false;
      const guarded = async (work: () => Promise<void>, goesOn: () => boolean): Promise<void> => {
        try {
          while (!failed && goesOn()) await work();
        } catch (error) {
          failed = true;
          throw new Error(`seed ${SEED}: ${error instanceof Error ? error.message : error}`, {
            cause: error,
          });
        }
      };
      let writing = ANALYSES;
      const writers = analyses.map((analysis) =>
        guarded(
          () => replaceAgain(analysis),
          () => overlapping < INTERLEAVINGS,
        ).finally(() => {
          writing--;
        }),
      );
      const readers = Array.from({ length: READERS }, () =>
        guarded(
          () => readOnce(analyses[below(ANALYSES)] as Analysis),
          () => writing > 0,
        ),
      );
      await Promise.all([...writers, ...readers]);
      const told = `${answered} answers, ${conflicts} conflicts, ${overlapping} overlapping, seed ${SEED}`;
      expect(overlapping, told).toBeGreaterThanOrEqual(INTERLEAVINGS);
      expect(conflicts, told).toBeLessThan(answered / 20);
      for (const { id, acknowledged } of analyses) {
        for (const client of await clientsOf("admin", 2)) {
          const { data } = await client.pegComparison.summary.query({ id });
          expect(versionOf(data.summary.weighted_avg_change), `seed ${SEED}`).toBe(acknowledged);
        }
      }
    });

    test("J25: refuse a permission that has expired, though both hold its answers", async () => {
      const { id } = await admin.analysis.create.mutate(sampleAnalysis());
      // Before the permission begins to run out: to compute may take long on a busy machine.
      for (const client of await clientsOf("admin", 2)) await client.pegComparison.get.query({ id });
      const guests = await clientsOf("guest", 2);
      const expiresAt = new Date(Date.now() + 5_000);
      await admin.permission.grant.mutate({
        id,
        user_id: "guest",
        permission_type: "read",
        expires_at: expiresAt,
      });
      for (const guest of [...guests, ...guests]) await guest.pegComparison.get.query({ id });
      for (const guest of guests) {
        expect(await guest.pegComparison.get.query({ id })).toMatchObject({ cached: true });
        expect(Date.now()).toBeLessThan(expiresAt.getTime());
      }
      const late: string[] = [];
      await Promise.all(
        guests.map((guest, i) =>
          expect
            .poll(
              async () => {
                const begunAt = Date.now();
                const outcome = await outcomeOf(guest.pegComparison.get.query({ id }));
                if (begunAt >= expiresAt.getTime() && outcome === "answered") late.push(`process ${i + 1}`);
                return outcome;
              },
              { timeout: 20_000, interval: 5 },
            )
            .toBe("denied"),
        ),
      );
      expect(late).toEqual([]);
      expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
      expect(await countOutcomes(readAll(await clientsOf("guest", 20), id))).toEqual({
        answered: 0,
        denied: 20,
      });
      // The answers are still held, for those who may have them.
      for (const client of await clientsOf("admin", 2)) {
        expect(await client.pegComparison.get.query({ id })).toMatchObject({ cached: true });
      }
    });
  });
});
