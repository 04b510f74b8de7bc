import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { LRUCache } from "lru-cache";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { createBoss } from "../../../src/adapters/queue/boss.js";
import { createJobQueue } from "../../../src/adapters/queue/job-queue.js";
import { backupSource } from "../../../src/backup.js";
import { parseConfig } from "../../../src/config.js";
import { type OpenDatabase, openDatabase } from "../../../src/db/open.js";
import { rowsOf } from "../../../src/db/run-sql.js";
import * as schema from "../../../src/db/schema.js";
import { BackupError } from "../../../src/domain/backup/backup-error.js";
import { BACKUP_TABLES } from "../../../src/domain/backup/backup-tables.js";
import { checkBackup } from "../../../src/domain/backup/check-backup.js";
import { rehearseRestore, restoreBackup } from "../../../src/domain/backup/restore-backup.js";
import { writeBackup } from "../../../src/domain/backup/write-backup.js";
import type { Sealer } from "../../../src/domain/ports.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { createSealer } from "../../../src/keys.js";
import { createLogger } from "../../../src/log.js";
import { migrateAll } from "../../../src/stores.js";
import { sampleAnalysis, startBackend, TEST_ENV, type TestBackend } from "../../support/backend.js";
import { createTestDatabase, hasPostgres } from "../../support/database.js";
import { openFromTemplate } from "../../support/embedded-template.js";

// An embedded database takes its time where others want the processor.
vi.setConfig({ testTimeout: 60_000 });
const logger = createLogger("silent");
const cleanups: (() => unknown)[] = [];
const folder = mkdtempSync(join(tmpdir(), "peg-backup-test-"));
let files = 0;
const newFile = () => join(folder, `${++files}.backup`);

type Kind = "embedded" | "postgres";
const KINDS: Kind[] = hasPostgres ? ["embedded", "postgres"] : ["embedded"];

/** An empty database, migrated. */
async function openEmpty(kind: Kind): Promise<OpenDatabase & { url?: string }> {
  if (kind === "embedded") {
    const database = await openFromTemplate(inject("embeddedTemplate"));
    cleanups.push(() => database.close());
    return database;
  }
  const { url, drop } = await createTestDatabase();
  const database = await openDatabase({ url, dataDir: "" });
  cleanups.push(drop, () => database.close());
  await migrateAll(database, logger, url);
  return { ...database, url };
}

async function serve(database: OpenDatabase & { url?: string }, env = {}): Promise<TestBackend> {
  const settings: Record<string, string> = database.url ? { DATABASE_URL: database.url } : {};
  const backend = await startBackend({ ...settings, WORKER: "inline", ...env }, { database });
  cleanups.push(() => backend.stop());
  return backend;
}

function targetOf({ db, run }: OpenDatabase, moveGeneration = async (_id: string) => true) {
  const boss = createBoss({ run, logger, supervise: false, migrate: false });
  return { db, queue: createJobQueue(boss, COMPARE_TASK), shared: { moveGeneration } };
}

async function back(database: OpenDatabase, file = newFile()): Promise<string> {
  await writeBackup(backupSource(database), createWriteStream(file));
  return file;
}

async function countOf(database: OpenDatabase, table: string): Promise<number> {
  return Number(rowsOf(await database.db.execute(sql.raw(`select count(*)::int as n from ${table}`)))[0]?.n);
}

/** An analysis that is compared and read by bob, one with texts that are hard to carry, one whose task is open. */
async function seed(database: OpenDatabase & { url?: string }): Promise<void> {
  const backend = await serve(database);
  const anna = await backend.clientOf("anna");
  await anna.analysis.create.mutate(sampleAnalysis({ id: "compared" }));
  await anna.pegComparison.get.query({ id: "compared" });
  await anna.permission.grant.mutate({ id: "compared", user_id: "bob", permission_type: "read" });
  await anna.analysis.create.mutate(sampleAnalysis({ id: "strange" }));
  await anna.analysis.create.mutate(sampleAnalysis({ id: "open", samples: 400 }));
  await backend.stop();
  const name = 'tab\t, line\n, "quotes", \\N, \u2028, 한국어, \u{1F4F6}';
  await database.db.execute(sql`update analysis_results set name = ${name} where id = 'strange'`);
  await database.db.execute(sql`
    insert into peg_comparison_tasks
      (analysis_id, revision, algorithm_version, status, progress, attempt_token, lease_until)
    select id, revision, 'v3.0.0', 'PROCESSING', 40, gen_random_uuid(), now() + interval '1 hour'
    from analysis_results where id = 'open'`);
}

let sealer: Sealer;
/** An embedded database for whoever does not mind what is in it. */
let spare: OpenDatabase;
const sources = new Map<Kind, { database: OpenDatabase; file: string }>();
beforeAll(async () => {
  sealer = await createSealer(parseConfig(TEST_ENV));
  for (const kind of KINDS) {
    const database = await openEmpty(kind);
    await seed(database);
    sources.set(kind, { database, file: await back(database) });
  }
  spare = await openEmpty("embedded");
});
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(folder, { recursive: true, force: true });
});
const fileOf = (kind: Kind) => (sources.get(kind) as { file: string }).file;

test("a backup has every table of the schema", () => {
  const names = Object.values(schema).flatMap((table) =>
    (table as unknown) instanceof PgTable ? [getTableConfig(table).name] : [],
  );
  expect(names.length).toBeGreaterThan(5);
  expect(BACKUP_TABLES.map(({ name }) => name).sort()).toEqual(names.sort());
});

describe.each(KINDS.flatMap((from) => KINDS.map((to) => ({ from, to }))))(
  "a backup of the $from database restored into an empty $to one",
  ({ from, to }) => {
    test("is the same by content, answers the same, and computes once what was not done (P9, P10)", async () => {
      const checked = await checkBackup(fileOf(from), sealer);
      const target = await openEmpty(to);
      const { requeued } = await restoreBackup(targetOf(target), fileOf(from), checked);
      expect(requeued).toBe(1);

      // Written out again it is the same, but for the task that begins anew.
      const again = await checkBackup(await back(target), sealer);
      const ofOthers = ({ sums }: typeof checked) =>
        sums.filter(({ table }) => table !== "peg_comparison_tasks");
      expect(ofOthers(again)).toEqual(ofOthers(checked));
      expect(again.header.tables).toEqual(checked.header.tables);

      const backend = await serve(target);
      const [bob, anna] = [await backend.clientOf("bob"), await backend.clientOf("anna")];
      expect(await bob.pegComparison.get.query({ id: "compared" })).toMatchObject({
        cached: true,
        data: { peg_comparison_results: [{ peg_name: "PEG_000" }, { peg_name: "PEG_001" }] },
      });
      await expect(bob.pegComparison.get.query({ id: "strange" })).rejects.toMatchObject({
        data: { error: { code: "PERMISSION_DENIED" } },
      });
      expect((await anna.analysis.byId.query({ id: "strange" })).name).toContain("한국어");
      await expect
        .poll(async () => (await anna.pegComparison.status.query({ id: "open" })).status, { timeout: 15_000 })
        .toBe("COMPLETED");
      // Its audit log goes on after the ids that are taken.
      await anna.permission.grant.mutate({ id: "open", user_id: "carl", permission_type: "read" });
      await backend.stop();
      const results = rowsOf(
        await target.db.execute(
          sql`select count(*)::int as n from peg_comparison_results where analysis_id = 'open'`,
        ),
      );
      expect(results).toEqual([{ n: 2 }]);
      expect(await countOf(target, "peg_comparison_tasks where analysis_id = 'open'")).toBe(1);
    }, 120_000);
  },
);

describe.each(KINDS)("a rehearsed restore into an empty %s database", (kind) => {
  test("finds what is wrong, and leaves nothing, so that the next one can begin", async () => {
    const target = await openEmpty(kind);
    const checked = await checkBackup(fileOf(kind), sealer);
    const other = { ...checked, sums: checked.sums.map((sum) => ({ ...sum, sha256: "0".repeat(64) })) };
    await expect(rehearseRestore(targetOf(target), fileOf(kind), other)).rejects.toThrow(BackupError);
    for (let night = 0; night < 2; night++) {
      await rehearseRestore(targetOf(target), fileOf(kind), checked);
      for (const { name } of BACKUP_TABLES) expect(await countOf(target, name)).toBe(0);
      expect(await countOf(target, "pgboss.job")).toBe(0);
    }
  });
});

test.skipIf(!hasPostgres)("both databases write the same lines of the same data", async () => {
  const target = await openEmpty("postgres");
  const checked = await checkBackup(fileOf("embedded"), sealer);
  await restoreBackup(targetOf(target), fileOf("embedded"), checked);
  const lines = (path: string) => gunzipSync(readFileSync(path)).toString().split("\n");
  const rows = (path: string) =>
    lines(path)
      .slice(1)
      .filter((line) => !line.includes('"attempt_token"'));
  const tasks = (line: string) => line.includes('"table":"peg_comparison_tasks"');
  const [one, other] = [rows(fileOf("embedded")), rows(await back(target))];
  expect(other.filter((line) => !tasks(line))).toEqual(one.filter((line) => !tasks(line)));
});

describe.each(KINDS)("a backup of a %s database that is written to meanwhile", (kind) => {
  test("is of one moment (P8)", async () => {
    const database = await openEmpty(kind);
    const backend = await serve(database, { RATE_LIMIT_ALL: "100000/1m" });
    const anna = await backend.clientOf("anna");
    for (let i = 0; i < 8; i++) await anna.analysis.create.mutate(sampleAnalysis({ pegs: 6 }));
    let writing = true;
    let written = 0;
    const load = (async () => {
      while (writing) {
        const { id } = await anna.analysis.create.mutate(sampleAnalysis({ pegs: 6 }));
        if (written++ % 3 === 0) await anna.analysis.delete.mutate({ id });
      }
    })();
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      const file = newFile();
      // Read slowly: what commits between two tables must not be seen.
      const slow = new PassThrough({ highWaterMark: 1 });
      slow.pipe(createWriteStream(file));
      await writeBackup(backupSource(database), slow);
      await expect.poll(() => readFileSync(file).length).toBeGreaterThan(0);
      const { header } = await checkBackup(file, sealer);
      const rows = gunzipSync(readFileSync(file)).toString().split("\n");
      const deletes = rows.filter((line) => line.includes('"action":"delete"')).length;
      const { analysis_results: analyses = 0, audit_log: entries = 0 } = header.tables;
      // Each of these commits with the analysis that it is about, and goes with it.
      expect(header.tables.user_analysis_permissions).toBe(analyses);
      expect(header.tables.analysis_samples).toBe(analyses * 12);
      expect(entries - 2 * deletes).toBe(analyses);
      seen.push(entries);
      const before = written;
      await expect.poll(() => written, { timeout: 30_000 }).toBeGreaterThan(before);
    }
    writing = false;
    await load;
    expect(written).toBeGreaterThan(3);
    expect(seen[2]).toBeGreaterThan(seen[0] as number);
    await backend.stop();
  }, 120_000);
});

describe("before anything is written, a restore refuses", () => {
  const whole = () => gunzipSync(readFileSync(fileOf("embedded"))).toString();
  const changed = (text: string): string => {
    const file = newFile();
    writeFileSync(file, gzipSync(text));
    return file;
  };

  test("keys that it does not have", async () => {
    const config = parseConfig({
      ...TEST_ENV,
      ENCRYPTION_KEYS: `k9:${Buffer.alloc(32, 9).toString("base64url")}`,
    });
    await expect(checkBackup(fileOf("embedded"), await createSealer(config))).rejects.toThrow(
      /needs test, which is not among the keys/,
    );
  });

  test("another secret under the same name", async () => {
    const config = parseConfig({
      ...TEST_ENV,
      ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 9).toString("base64url")}`,
    });
    await expect(checkBackup(fileOf("embedded"), await createSealer(config))).rejects.toThrow(
      /does not open with test: it was sealed with another secret/,
    );
  });

  test("a file that is cut off anywhere, or not there", async () => {
    const bytes = readFileSync(fileOf("embedded"));
    for (let i = 0; i < 12; i++) {
      const file = newFile();
      writeFileSync(file, bytes.subarray(0, Math.floor((bytes.length * i) / 12)));
      await expect(checkBackup(file, sealer), `cut at ${i}/12`).rejects.toThrow(/damaged/);
    }
    const lines = whole().trimEnd().split("\n");
    for (const count of [1, 2, 3, lines.length - 1])
      await expect(checkBackup(changed(`${lines.slice(0, count).join("\n")}\n`), sealer)).rejects.toThrow(
        /damaged/,
      );
    await expect(checkBackup(join(folder, "absent"), sealer)).rejects.toThrow(/There is no file/);
  });

  const unpacked = (bytes: Buffer): Buffer | undefined => {
    try {
      return gunzipSync(bytes);
    } catch {
      return undefined;
    }
  };

  test("a file with a changed byte, a row more, a row less, or something after its end", async () => {
    const bytes = readFileSync(fileOf("embedded"));
    for (let i = 1; i < 20; i++) {
      const flipped = Buffer.from(bytes);
      const at = 10 + Math.floor(((bytes.length - 20) * i) / 20);
      flipped[at] = (flipped[at] as number) ^ 0x10;
      const file = newFile();
      writeFileSync(file, flipped);
      const verdict = expect(checkBackup(file, sealer), `byte ${at}`);
      // Gzip has bits that say nothing: with one of them changed the content is what it was.
      if (unpacked(flipped)?.equals(gunzipSync(bytes))) await verdict.resolves.toBeDefined();
      else await verdict.rejects.toThrow(/damaged/);
    }
    const text = whole();
    const granted = text.split("\n").find((line) => line.includes('"user_id":"bob"')) ?? "";
    const [samples = ""] = /.*"series":1,.*\n/.exec(text) ?? [];
    for (const other of [
      text.replace(granted, granted.replace("bob", "eve")),
      text.replace(samples, ""),
      text.replace(samples, samples + samples),
      `${text}{}\n`,
      text.slice(0, -1),
      "not a backup\n",
      "{}\n",
      text.replace('"version":1', '"version":2'),
    ])
      await expect(checkBackup(changed(other), sealer)).rejects.toThrow(/damaged/);
  });

  test("a file of another version's tables", async () => {
    const other = changed(whole().replace(/"schema":"\d+"/, '"schema":"1700000000000"'));
    await expect(restoreBackup(targetOf(spare), other, await checkBackup(other, sealer))).rejects.toThrow(
      /made by version \S+, whose tables differ/,
    );
  });

  test("single values that no key opens, unless told to keep them", async () => {
    const checked = await checkBackup(fileOf("embedded"), sealer);
    await restoreBackup(targetOf(spare), fileOf("embedded"), checked, { replace: true });
    await spare.db.execute(sql`update analysis_results set sealed_cells = 'broken' where id = 'strange'`);
    const file = await back(spare);
    await expect(checkBackup(file, sealer)).rejects.toThrow(
      /^1 sealed values .* analysis_results of strange/,
    );
    expect(await checkBackup(file, sealer, { keepUnreadable: true })).toMatchObject({
      unreadable: 1,
      missingKeys: [],
    });
  });

  test("those of a key that is at hand, though nothing else is under it, unless told to keep them", async () => {
    const checked = await checkBackup(fileOf("embedded"), sealer);
    await restoreBackup(targetOf(spare), fileOf("embedded"), checked, { replace: true });
    await spare.db.execute(sql`update audit_log set key_id = 'old', details = '{"user_id":"broken"}'
      where id = (select min(id) from audit_log where key_id is not null)`);
    const keys = `${TEST_ENV.ENCRYPTION_KEYS},old:${Buffer.alloc(32, 9).toString("base64url")}`;
    const both = await createSealer(parseConfig({ ...TEST_ENV, ENCRYPTION_KEYS: keys }));
    const file = await back(spare);
    await expect(checkBackup(file, both, { keysNeeded: true })).rejects.toThrow(/does not open with old/);
    const kept = { keepUnreadable: true, keysNeeded: true };
    expect(await checkBackup(file, both, kept)).toMatchObject({ unreadable: 1, missingKeys: ["old"] });
  });
});

describe("where the key is lost, and values are kept that do not open", () => {
  const other = (name: string) =>
    createSealer(
      parseConfig({ ...TEST_ENV, ENCRYPTION_KEYS: `${name}:${Buffer.alloc(32, 9).toString("base64url")}` }),
    );

  test.each([
    ["is not among the keys", "k9"],
    ["is another secret", "test"],
  ])("all that it sealed is counted, and the key is told: one that %s", async (_, name) => {
    const { header } = await checkBackup(fileOf("embedded"), sealer);
    const checked = await checkBackup(fileOf("embedded"), await other(name), { keepUnreadable: true });
    expect(checked).toMatchObject({ header, missingKeys: ["test"] });
    const needed = { keepUnreadable: true, keysNeeded: true };
    await expect(checkBackup(fileOf("embedded"), await other(name), needed)).rejects.toThrow(
      /^The backup (needs test|does not open with test)((?!keep-unreadable).)*$/,
    );
    // Each analysis has its cells, and one was granted to a user; what was compared has cells as well.
    expect(checked.unreadable).toBeGreaterThanOrEqual((header.tables.analysis_results ?? 0) + 1);
  });

  test("the backup is restored as it is, and opens once the key is back", async () => {
    const checked = await checkBackup(fileOf("embedded"), await other("k9"), { keepUnreadable: true });
    const target = await openEmpty("embedded");
    await restoreBackup(targetOf(target), fileOf("embedded"), checked);
    expect(await checkBackup(await back(target), sealer)).toMatchObject({ unreadable: 0, missingKeys: [] });
  });
});

test("what occurs once is not remembered while a backup is checked: lists of cells may be long", async () => {
  const remembered = vi.spyOn(LRUCache.prototype, "set");
  try {
    await checkBackup(fileOf("embedded"), sealer);
    const keys = remembered.mock.calls.map(([key]) => String(key));
    const [{ sealed_cells: once = "" } = {}] = gunzipSync(readFileSync(fileOf("embedded")))
      .toString()
      .split("\n")
      .filter((line) => line.includes('"sealed_cells"'))
      .map((line) => JSON.parse(line) as { sealed_cells: string });
    expect(once.length).toBeGreaterThan(0);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => key.includes(once))).toEqual([]);
  } finally {
    remembered.mockRestore();
  }
});

describe.each(KINDS)("a %s database that holds data", (kind) => {
  test("is left alone unless it may be replaced, and as it was where a restore fails", async () => {
    const checked = await checkBackup(fileOf(kind), sealer);
    const target = await openEmpty(kind);
    // More than the backup holds: how far the ids have been counted must not go back with a restore that fails.
    const audit = (rows: number) =>
      target.db.execute(
        sql`insert into audit_log (actor_id, action) select 'someone', 'create' from generate_series(1, ${rows}::int)`,
      );
    await audit(50);
    await expect(restoreBackup(targetOf(target), fileOf(kind), checked)).rejects.toThrow(/holds data/);

    const away = targetOf(target, async () => false);
    await expect(restoreBackup(away, fileOf(kind), checked, { replace: true })).rejects.toThrow(
      /Redis does not answer/,
    );
    expect(await countOf(target, "audit_log")).toBe(50);
    expect(await countOf(target, "analysis_results")).toBe(0);
    expect(await countOf(target, "pgboss.job")).toBe(0);
    await audit(1);
    expect(await countOf(target, "audit_log where id > 50")).toBe(1);

    const moved: string[] = [];
    const told = targetOf(target, async (id) => moved.push(id) > 0);
    await restoreBackup(told, fileOf(kind), checked, { replace: true });
    expect(moved.sort()).toEqual(["compared", "open", "strange"]);
    expect(await countOf(target, "audit_log where actor_id = 'someone'")).toBe(0);
    // Once more over itself: jobs of the tasks that were there are not left behind, nor sent twice.
    await restoreBackup(told, fileOf(kind), checked, { replace: true });
    expect(await countOf(target, "pgboss.job")).toBe(1);
  });
});

test("a database without tables, or of another version, is not backed up", async () => {
  const write = (source: Partial<ReturnType<typeof backupSource>>) =>
    writeBackup({ ...backupSource(spare), ...source }, new PassThrough().resume());
  await expect(write({ schema: "1" })).rejects.toThrow(/of another version/);
  await spare.db.execute(sql`drop schema drizzle cascade`);
  await expect(write({})).rejects.toThrow(/nothing to back up/);
});

test("a backup whose file cannot be written fails, and the database goes on", async () => {
  const database = (sources.get("embedded") as { database: OpenDatabase }).database;
  const full = createWriteStream(join(folder, "no", "such", "folder"));
  await expect(writeBackup(backupSource(database), full)).rejects.toMatchObject({ code: "ENOENT" });
  expect(await countOf(database, "analysis_results")).toBe(3);
});
