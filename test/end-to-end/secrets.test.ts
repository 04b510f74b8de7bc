import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { Redis } from "ioredis";
import postgres from "postgres";
import { afterEach, describe, expect, test } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { startAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { prepareDataDir } from "../support/data-dir.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { PLENTY } from "../support/faces.js";
import { cliIsBuilt, startCli, type TestProcess } from "../support/process.js";
import { findOnPath } from "../support/programs.js";

const CELL = "CANARY-CELL-47110815";
/** Of a user who is only ever written about: grants name users in a column, the audit log in JSON. */
const USER = "CANARY-USER-47110815";

/** Every file below a folder, as bytes that a search finds text in. */
function filesBelow(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, text: readFileSync(path, "latin1") }));
}

/** Does with an analysis all that writes something down, mistakes included. Its answers stay cached. */
async function leaveTraces(client: PegClient): Promise<string[]> {
  const analysis = sampleAnalysis();
  for (const row of analysis.stats) row.cell_id = CELL;
  const errors: unknown[] = [];
  const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => errors.push(error));
  const { id } = await client.analysis.create.mutate(analysis);
  await client.pegComparison.get.query({ id });
  await client.pegComparison.summary.query({ id });
  await client.permission.grant.mutate({ id, user_id: USER, permission_type: "read" });
  await client.permission.revoke.mutate({ id, user_id: USER, permission_type: "read" });
  await client.analysis.replaceData.mutate({ ...analysis, id, data_version: 1 });
  await client.pegComparison.get.query({ id });
  // Mistakes that quote what they are about, if anything does.
  await attempt(client.analysis.create.mutate({ ...analysis, id }));
  await attempt(client.analysis.replaceData.mutate({ ...analysis, id, data_version: 1 }));
  const oneSided = await client.analysis.create.mutate({ ...analysis, stats: analysis.stats.slice(0, 1) });
  await attempt(client.pegComparison.get.query({ id: oneSided.id }));
  await attempt(client.permission.grant.mutate({ id, user_id: `${USER}\n`, permission_type: "read" }));
  const broken = { ...analysis, stats: [{ ...analysis.stats[0], avg: CELL }] } as never;
  await attempt(client.analysis.create.mutate(broken));
  // They do hold the cell: what is looked through afterwards was made of that.
  expect(JSON.stringify(await client.pegComparison.get.query({ id }))).toContain(CELL);
  await client.pegComparison.summary.query({ id });
  expect(errors).toHaveLength(5);
  return errors.map((error) => JSON.stringify((error as { data?: unknown; message: string }).data));
}

function clean(text: string): boolean {
  return !text.includes(CELL) && !text.includes(USER);
}

/** Bytes show in a table's text as hexadecimal digits. */
function cleanAsDigits(text: string): boolean {
  return [CELL, USER].every((canary) => !text.includes(Buffer.from(canary).toString("hex")));
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What `bytes` unpack to from some place on, if they hold anything that gzip made. */
function unpackAnywhere(bytes: Buffer): { offset: number; text: string } | undefined {
  for (let offset = 0; offset < bytes.length; offset++) {
    try {
      return { offset, text: gunzipSync(bytes.subarray(offset)).toString("latin1") };
    } catch {
      // Not from here on.
    }
  }
  return undefined;
}

/** Expects a value of the shared cache to be base64 of a format, a key id, a nonce, a tag and ciphertext. */
function expectSealed(value: string, keyId: string): void {
  const bytes = Buffer.from(value, "base64");
  expect(bytes.toString("base64")).toBe(value);
  expect(clean(bytes.toString("latin1"))).toBe(true);
  expect(unpackAnywhere(bytes)).toBeUndefined();
  expect(bytes[0]).toBe(1);
  expect(bytes[1]).toBe(keyId.length);
  expect(bytes.toString("latin1", 2, 2 + keyId.length)).toBe(keyId);
  expect(bytes.length).toBeGreaterThan(2 + keyId.length + NONCE_BYTES + TAG_BYTES);
}

test("E10: a cached value that is only compressed, or only looks sealed, is not taken for a sealed one", () => {
  const packed = gzipSync(JSON.stringify({ metadata: { cell_id: CELL } }));
  const header = Buffer.from([1, 4, ...Buffer.from("test")]);
  const inFront = Buffer.concat([header, Buffer.alloc(NONCE_BYTES + TAG_BYTES, 0xa5)]);
  const ciphertext = Buffer.alloc(packed.length, 0xc3);
  const sealed = Buffer.concat([inFront, ciphertext]);
  expectSealed(sealed.toString("base64"), "test");

  const impostors = {
    compressed: packed,
    "compressed behind the head of another entry": Buffer.concat([Buffer.alloc(20), packed]),
    "compressed behind a seal": Buffer.concat([inFront, packed]),
    "plain behind a seal": Buffer.concat([inFront, Buffer.from(CELL)]),
    "of another format": Buffer.concat([Buffer.from([2]), sealed.subarray(1)]),
    "of another key": Buffer.from(sealed.toString("latin1").replace("test", "best"), "latin1"),
    "without ciphertext": inFront,
  };
  for (const [name, bytes] of Object.entries(impostors)) {
    expect(() => expectSealed(bytes.toString("base64"), "test"), name).toThrow();
  }
  expect(() => expectSealed(sealed.toString("latin1"), "test"), "not base64").toThrow();
});

describe.skipIf(!cliIsBuilt)("a cell id and a user id stand nowhere in plain text", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serve(
    env: Record<string, string>,
  ): Promise<{ server: TestProcess; url: string; client: PegClient }> {
    const server = startCli(["serve"], { ...TEST_ENV, LOG_LEVEL: "trace", ...env });
    cleanups.push(() => server.kill("SIGKILL"));
    const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
    return { server, url, client: createPegClient({ url, token: await tokenFor("owner") }) };
  }

  test("E10: neither in the data directory nor in the log nor in an answer", {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "peg-secrets-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    prepareDataDir(folder);
    const { server, client } = await serve({ DATA_DIR: folder });
    const answers = await leaveTraces(client);
    await server.kill("SIGTERM");
    const files = filesBelow(folder);
    expect(files.length).toBeGreaterThan(100);
    // The user's id did stand in a column that permissions are looked up by, and in the write-ahead log of that.
    expect(files.filter(({ text }) => text.includes(CELL)).map(({ path }) => path)).toEqual([]);
    expect(clean(server.stdout + server.stderr)).toBe(true);
    expect(answers.filter((answer) => !clean(answer))).toEqual([]);
  });

  test.skipIf(!hasPostgres || !hasRedis)(
    "E10: neither in PostgreSQL's dump nor in Redis, whose entries are sealed",
    { timeout: 60_000 },
    async () => {
      const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
      cleanups.push(() => Promise.all([database.drop(), redis.stop()]));
      const stores = { DATABASE_URL: database.url, REDIS_URL: redis.url };
      const { server, client } = await serve({ ...PLENTY, ...stores });
      const answers: string[] = [];
      const raw = new Redis(redis.url);
      cleanups.push(() => raw.disconnect());
      const entriesOf = () => raw.keys("peg_comparison:*");
      /** Which kinds of answers stand there. On a busy machine Redis may be too slow to be waited for: once more then. */
      const leaveTracesInRedis = async (): Promise<(string | undefined)[]> => {
        await raw.flushdb();
        answers.push(...(await leaveTraces(client)));
        return (await entriesOf()).map((key) => key.split(":")[1]).sort();
      };
      await expect.poll(leaveTracesInRedis, { timeout: 30_000 }).toEqual(["peg_comparison", "summary_stats"]);
      expect(clean(server.stdout + server.stderr)).toBe(true);
      expect(answers.filter((answer) => !clean(answer))).toEqual([]);

      for (const key of await raw.keys("*")) {
        const value = (await raw.dump(key)) ?? "";
        expect(clean(key) && clean(value)).toBe(true);
      }
      for (const key of await entriesOf()) expectSealed((await raw.get(key)) ?? "", "test");

      const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
      const tables = await sql<
        { name: string }[]
      >`select relname as name from pg_stat_user_tables where schemaname = 'public'`;
      expect(tables.length).toBeGreaterThan(6);
      for (const { name } of tables) {
        const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(name)} t`;
        expect(rows.filter(({ text }) => !clean(text)).length).toBe(0);
        expect(rows.filter(({ text }) => !cleanAsDigits(text)).length).toBe(0);
      }
      await sql.end();

      const dump = findOnPath("pg_dump");
      if (dump) {
        const { stdout } = await promisify(execFile)(dump, [database.url], { maxBuffer: 1 << 28 });
        expect(clean(stdout)).toBe(true);
      }
    },
  );

  test.skipIf(!hasPostgres)(
    "B18: nor in the tasks of comparisons, whether they fail or succeed",
    { timeout: 60_000 },
    async () => {
      const [database, service] = await Promise.all([createTestDatabase(), startAnalysisService()]);
      cleanups.push(() => Promise.all([database.drop(), service.stop()]));
      const { url } = await serve({ DATABASE_URL: database.url, MCP_URL: service.url, MCP_RETRIES: "0" });
      const client = createPegClient({ url, token: await tokenFor(USER) });
      const create = async (rows?: number): Promise<string> => {
        const analysis = sampleAnalysis();
        for (const row of analysis.stats) row.cell_id = CELL;
        const { id } = await client.analysis.create.mutate({
          ...analysis,
          stats: analysis.stats.slice(0, rows),
        });
        return id;
      };
      const failWith = async (status: number, body: object): Promise<void> => {
        service.misbehave((response) => {
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
        });
        const id = await create();
        await expect(client.pegComparison.get.query({ id })).rejects.toThrow();
      };

      const error = { code: "DATA_VALIDATION_ERROR", message: `the cell ${CELL} cannot be compared` };
      const details = [{ path: `raw_data.stats.${CELL}`, message: `${CELL} is asked for by ${CELL}` }];
      await failWith(422, { success: false, error: { ...error, details } });
      await failWith(200, { success: false, error: { ...error, details } });
      await failWith(500, { success: false, error: { code: CELL, message: CELL } });
      await failWith(200, { success: true, data: { [CELL]: CELL } });
      const oneSided = await create(1);
      await expect(client.pegComparison.get.query({ id: oneSided })).rejects.toThrow();
      const good = await create();
      const computed = await client.pegComparison.get.query({ id: good });
      expect(JSON.stringify(computed)).toContain(CELL);

      const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
      try {
        const tasks = await sql<
          { status: string; text: string }[]
        >`select status, t::text as text from peg_comparison_tasks t order by created_at`;
        const failed = Array.from({ length: 5 }, () => "FAILED");
        expect(tasks.map(({ status }) => status)).toEqual([...failed, "COMPLETED"]);
        expect(tasks.filter(({ text }) => !clean(text) || !cleanAsDigits(text))).toEqual([]);
        // The dump does tell of the failures.
        expect(tasks.filter(({ text }) => text.includes("DATA_VALIDATION_ERROR")).length).toBeGreaterThan(1);
      } finally {
        await sql.end();
      }
    },
  );
});
