import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import type { PegClient } from "../../src/client/index.js";
import { sampleAnalysis, TEST_ENV } from "../support/backend.js";
import { createTestDatabase, hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { type SharedServers, startSharedServers } from "../support/shared-servers.js";
import { type Mark, markEnv } from "./marked-points.js";
import { KILLED, MarkedProgram, type MarkedServer } from "./marked-program.js";

const K1 = `k1:${Buffer.alloc(32, 1).toString("base64url")}`;
const K2 = `k2:${Buffer.alloc(32, 2).toString("base64url")}`;
/** A job is done again within this, wherever its worker died. */
const RECOVERY_MS = 70_000;

const MADE = { version: 1, rises: true, readers: ["reader"], audit: ["create", "grant"] };

/** A change, at which mark its process is killed, and what all others see of the analysis afterwards. */
interface KilledChange {
  change: string;
  make(client: PegClient, id: string): Promise<unknown>;
  mark: Mark;
  leaves: typeof MADE | "nothing";
  /** How the same change ends when it is made once more. */
  again: "done" | "CONFLICT" | "PERMISSION_DENIED";
}

const create: KilledChange["make"] = (client, id) => client.analysis.create.mutate(sampleAnalysis({ id }));
const replace: KilledChange["make"] = (client, id) =>
  client.analysis.replaceData.mutate({ ...sampleAnalysis({ factor: 0.5 }), id, data_version: 1 });
const revoke: KilledChange["make"] = (client, id) =>
  client.permission.revoke.mutate({ id, user_id: "reader", permission_type: "read" });
const remove: KilledChange["make"] = (client, id) => client.analysis.delete.mutate({ id });

const REPLACED = { version: 2, rises: false, readers: ["reader"], audit: ["create", "grant", "replace"] };
const REVOKED = { ...MADE, readers: [], audit: ["create", "grant", "revoke"] };
const COMMITTED = "a change is committed, and not answered";
const UNCOMMITTED = "a change is done, and not committed";

const CHANGES: KilledChange[] = [
  {
    change: "create",
    make: create,
    mark: "an analysis has its samples, and no owner",
    leaves: "nothing",
    again: "done",
  },
  {
    change: "create",
    make: create,
    mark: COMMITTED,
    leaves: { ...MADE, readers: [], audit: ["create"] },
    again: "CONFLICT",
  },
  {
    change: "replace",
    make: replace,
    mark: "the new samples are there beside the old comparison",
    leaves: MADE,
    again: "done",
  },
  { change: "replace", make: replace, mark: COMMITTED, leaves: REPLACED, again: "CONFLICT" },
  { change: "revoke", make: revoke, mark: UNCOMMITTED, leaves: MADE, again: "done" },
  { change: "revoke", make: revoke, mark: COMMITTED, leaves: REVOKED, again: "done" },
  { change: "delete", make: remove, mark: UNCOMMITTED, leaves: MADE, again: "done" },
  { change: "delete", make: remove, mark: COMMITTED, leaves: "nothing", again: "PERMISSION_DENIED" },
];

/** How a call ends: `done`, with the code of an error, or `unanswered`. */
const endOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "done",
    (error: { data?: { error?: { code?: string } } }) => error.data?.error?.code ?? "unanswered",
  );

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("a process that is killed (F6)", () => {
  let servers: SharedServers;
  let sql: postgres.Sql;
  let program: MarkedProgram;
  let survivor: MarkedServer;
  let owner: PegClient;
  let reader: PegClient;

  beforeAll(async () => {
    servers = await startSharedServers();
    sql = postgres(servers.databaseUrl, { max: 1, onnotice: () => undefined });
    program = new MarkedProgram({ ...servers.env, WORKER: "none" });
    survivor = await program.serve();
    owner = await survivor.clientOf("owner");
    reader = await survivor.clientOf("reader");
  }, 120_000);
  afterAll(async () => {
    await program?.remove();
    await sql?.end({ timeout: 1 });
    await servers?.stop();
  });

  /** What the survivor serves of an analysis, and what the audit log says of it. */
  async function seen(id: string): Promise<typeof MADE | "nothing"> {
    const audit = await sql`select action from audit_log where analysis_id = ${id} order by id`;
    const rows = await sql`select distinct revision from analysis_samples where analysis_id = ${id}`;
    const answer = await owner.pegComparison.get.query({ id }).catch(() => undefined);
    if (answer?.status !== "COMPLETED") {
      expect([...rows]).toEqual([]);
      return "nothing";
    }
    expect(rows).toHaveLength(1);
    const { data_version: version } = await owner.analysis.byId.query({ id });
    const readable = (await endOf(reader.pegComparison.get.query({ id }))) === "done";
    return {
      version,
      rises: answer.data.summary.weighted_avg_change > 0,
      readers: readable ? ["reader"] : [],
      audit: audit.map(({ action }) => String(action)),
    };
  }

  test.each(CHANGES)(
    "in $change when $mark: all of it, or nothing, at the others as well",
    async (one) => {
      const id = `${one.change}-${CHANGES.indexOf(one)}`;
      if (one.change !== "create") {
        await owner.analysis.create.mutate(sampleAnalysis({ id }));
        await owner.permission.grant.mutate({ id, user_id: "reader", permission_type: "read" });
        // The survivor holds this, and has to let it go.
        expect(await seen(id)).toEqual(MADE);
      }
      const doomed = await program.serve(markEnv(one.mark));
      expect(await endOf(one.make(await doomed.clientOf("owner"), id))).toBe("unanswered");
      expect(await doomed.process.waitForExit()).toEqual(KILLED);

      await expect.poll(() => seen(id), { timeout: 10_000 }).toEqual(one.leaves);
      expect(await endOf(one.make(owner, id))).toBe(one.again);
    },
    120_000,
  );

  test("at each step of a job leaves that to others: done once, by the time that is promised", async () => {
    const marks: Mark[] = [
      "a computation is claimed",
      "a comparison is computed, and not stored",
      "a comparison is stored, and the queue not told",
    ];
    const ids = ["accepted", ...marks.map((_, i) => `job-${i}`)];
    for (const id of ids) await owner.analysis.create.mutate(sampleAnalysis({ id }));

    const doomed = await program.serve(markEnv("a task is committed, and not answered"));
    const accepting = await doomed.clientOf("owner");
    expect(await endOf(accepting.pegComparison.get.query({ id: "accepted", async: true }))).toBe(
      "unanswered",
    );
    expect(await doomed.process.waitForExit()).toEqual(KILLED);
    for (const [i, mark] of marks.entries()) {
      await owner.pegComparison.get.query({ id: `job-${i}`, async: true });
      const worker = program.command(["worker"], markEnv(mark));
      expect(await worker.waitForExit(60_000)).toEqual(KILLED);
    }
    await program.work();
    const states = () =>
      sql`select status, queued from peg_comparison_tasks where analysis_id in ${sql(ids)}`;
    const done = { status: "COMPLETED", queued: true };
    await expect
      .poll(async () => [...(await states())], { timeout: RECOVERY_MS, interval: 200 })
      .toEqual(ids.map(() => done));
    for (const id of ids) expect(await seen(id)).toMatchObject({ rises: true });
    const jobs = () =>
      sql`select 1 from pgboss.job where name = 'peg-comparison' and state not in ('completed')`;
    await expect.poll(async () => (await jobs()).length, { timeout: RECOVERY_MS, interval: 200 }).toBe(0);
  }, 240_000);

  test("or only stands still while its comparison is to be stored is not waited for, and stores nothing later", async () => {
    const id = "paused";
    await owner.analysis.create.mutate(sampleAnalysis({ id }));
    const paused = await program.serve(markEnv("a comparison is computed, and not stored", "SIGSTOP"));
    const before = servers.service.calls;
    const late = (await paused.clientOf("owner")).pegComparison.get.query({ id });
    await expect.poll(() => servers.service.calls, { timeout: 20_000 }).toBe(before + 1);
    const taken = await owner.pegComparison.get.query({ id });
    expect(taken).toMatchObject({ status: "COMPLETED", cached: false });
    expect(servers.service.calls).toBe(before + 2);
    paused.process.signal("SIGCONT");
    const answered = await late;
    if (answered.status !== "COMPLETED" || taken.status !== "COMPLETED") throw new Error("not completed");
    expect(answered.data).toEqual(taken.data);
    const stored = await sql`select 1 from peg_comparison_summaries where analysis_id = ${id}`;
    expect(stored).toHaveLength(1);
  }, 180_000);
});

describe.skipIf(!cliIsBuilt)("a server on the embedded database (F6)", () => {
  const folder = mkdtempSync(join(tmpdir(), "peg-killed-"));
  const MCP_URL = inject("analysisServiceUrl");
  let program: MarkedProgram;
  beforeAll(() => {
    program = new MarkedProgram({ ...TEST_ENV, MCP_URL, DATA_DIR: join(folder, "data"), LOG_LEVEL: "info" });
  });
  afterAll(async () => {
    await program?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test("that is killed begins anew with all that was committed, and nothing else", async () => {
    const id = "kept";
    const die = async (mark: Mark, call: (client: PegClient) => Promise<unknown>) => {
      const doomed = await program.serve(markEnv(mark));
      expect([mark, await endOf(call(await doomed.clientOf("owner")))]).toEqual([mark, "unanswered"]);
      expect(await doomed.process.waitForExit()).toEqual(KILLED);
    };
    await die("an analysis has its samples, and no owner", (client) => create(client, id));
    await die(COMMITTED, (client) => create(client, id));
    await die("a comparison is stored, and the queue not told", (client) =>
      client.pegComparison.get.query({ id }),
    );
    await die(COMMITTED, (client) => replace(client, id));
    const whole = await program.serve();
    const client = await whole.clientOf("owner");
    expect(await endOf(create(client, id))).toBe("CONFLICT");
    const answer = await client.pegComparison.get.query({ id });
    if (answer.status !== "COMPLETED") throw new Error("not completed");
    expect(answer).toMatchObject({ cached: false });
    expect(answer.data.summary.weighted_avg_change).toBeLessThan(0);
    expect(await client.analysis.byId.query({ id })).toMatchObject({ data_version: 2 });
  }, 240_000);
});

describe.skipIf(!cliIsBuilt || !hasPostgres || !hasRedis)("a command that is killed (F6)", () => {
  let servers: SharedServers;
  let sql: postgres.Sql;
  let program: MarkedProgram;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    servers = await startSharedServers();
    sql = postgres(servers.databaseUrl, { max: 1, onnotice: () => undefined });
    program = new MarkedProgram({ ...servers.env, WORKER: "none" });
  }, 60_000);
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(async () => {
    await program?.remove();
    await sql?.end({ timeout: 1 });
    await servers?.stop();
  });

  async function emptyDatabase(): Promise<{ DATABASE_URL: string }> {
    const database = await createTestDatabase();
    cleanups.push(() => database.drop());
    return { DATABASE_URL: database.url };
  }

  test("while it makes the tables is done with by the next one, wherever that is killed (D9)", async () => {
    const own = await emptyDatabase();
    for (const mark of [
      "the lock is taken, and no table made",
      "the tables are there, and the queue's are not",
      "one queue is there, and the other is not",
    ] as const)
      expect([mark, await program.commandKilledAt(mark, ["migrate"], own)]).toEqual([mark, KILLED]);
    expect(await program.commandDone(["migrate"], own)).toContain("up to date");
    const server = await program.serve(own);
    const client = await server.clientOf("owner");
    const { id } = await client.analysis.create.mutate(sampleAnalysis());
    expect(await client.pegComparison.get.query({ id, async: true })).toMatchObject({ status: "PENDING" });
    await server.process.kill("SIGKILL");
  }, 240_000);

  test("while it seals everything anew goes on where it was", async () => {
    const old = await program.serve({ ENCRYPTION_KEYS: K1 });
    const client = await old.clientOf("owner");
    const ids = ["sealed-1", "sealed-2", "sealed-3"];
    for (const id of ids) {
      await client.analysis.create.mutate(sampleAnalysis({ id }));
      await client.pegComparison.get.query({ id });
    }
    await old.process.kill("SIGKILL");
    const both = { ENCRYPTION_KEYS: `${K2},${K1}` };
    const sealed = async () =>
      (await sql`select key_id from analysis_results order by id`).map(({ key_id }) => key_id);
    const rotations = async () =>
      (await sql`select details from audit_log where action = 'rotate'`).map(({ details }) => details);

    const rotate = (mark: Mark) => program.commandKilledAt(mark, ["rotate-keys"], both);
    expect(await rotate("a record is sealed anew, and not committed")).toEqual(KILLED);
    expect(await sealed()).toEqual(["k1", "k1", "k1"]);
    expect(await rotate("one record of several is sealed anew")).toEqual(KILLED);
    expect(await sealed()).toEqual(["k2", "k1", "k1"]);
    expect(await rotate("all records are sealed anew, and none was noted")).toEqual(KILLED);
    expect(await sealed()).toEqual(["k2", "k2", "k2"]);
    expect(await rotations()).toEqual([]);
    expect(await program.commandDone(["rotate-keys"], both)).toContain(
      "0 records sealed with key k2, 0 left",
    );
    expect(await rotations()).toHaveLength(1);

    const anew = await program.serve({ ENCRYPTION_KEYS: K2 });
    const there = await anew.clientOf("owner");
    for (const id of ids)
      expect(await there.pegComparison.get.query({ id, cache_ttl: 0 })).toMatchObject({ cached: true });
    await anew.process.kill("SIGKILL");
  }, 240_000);

  test("while it backs up leaves no file of that name, and while it restores nothing or all", async () => {
    const folder = mkdtempSync(join(tmpdir(), "peg-killed-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "peg.backup");
    const source = await emptyDatabase();
    // Faster than the embedded one that it would be tried in. It is empty again for the next one, however this one ends.
    const backup = ["backup", file, "--scratch", (await emptyDatabase()).DATABASE_URL];
    const server = await program.serve(source);
    const client = await server.clientOf("owner");
    await client.analysis.create.mutate(sampleAnalysis({ id: "kept" }));
    const wanted = await client.pegComparison.get.query({ id: "kept" });
    await server.process.kill("SIGKILL");

    for (const mark of [
      "rows of a table are written out",
      "everything is restored, and not compared",
      "a backup is written and tried, and has no name",
    ] as const) {
      expect(await program.commandKilledAt(mark, backup, source)).toEqual(KILLED);
      expect(existsSync(file)).toBe(false);
    }
    await program.commandDone(backup, source);
    expect(existsSync(file)).toBe(true);

    const target = await emptyDatabase();
    for (const mark of [
      "everything is restored, and not compared",
      "Redis forgot, and the restored is not committed",
    ] as const) {
      expect(await program.commandKilledAt(mark, ["restore", file], target)).toEqual(KILLED);
    }
    // Without --replace it goes into an empty database only: so nothing is there.
    expect(
      await program.commandKilledAt(
        "the restored is committed, and nobody was told",
        ["restore", file],
        target,
      ),
    ).toEqual(KILLED);
    const again = program.command(["restore", file], target);
    expect(await again.waitForExit(60_000)).toMatchObject({ code: 1 });
    expect(again.stderr).toContain("--replace");
    const restored = await program.serve(target);
    const there = await (await restored.clientOf("owner")).pegComparison.get.query({ id: "kept" });
    if (there.status !== "COMPLETED" || wanted.status !== "COMPLETED") throw new Error("not completed");
    expect(there.data).toEqual(wanted.data);
    await restored.process.kill("SIGKILL");
  }, 300_000);
});
