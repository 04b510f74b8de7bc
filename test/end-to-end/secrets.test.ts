import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import postgres from "postgres";
import { afterEach, describe, expect, test } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
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

/** Does with an analysis all that writes something down, mistakes included. */
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
  expect(errors).toHaveLength(5);
  return errors.map((error) => JSON.stringify((error as { data?: unknown; message: string }).data));
}

function clean(text: string): boolean {
  return !text.includes(CELL) && !text.includes(USER);
}

describe.skipIf(!cliIsBuilt)("a cell id and a user id stand nowhere in plain text", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serve(env: Record<string, string>): Promise<{ server: TestProcess; client: PegClient }> {
    const server = startCli(["serve"], { ...TEST_ENV, LOG_LEVEL: "trace", ...env });
    cleanups.push(() => server.kill("SIGKILL"));
    const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
    return { server, client: createPegClient({ url, token: await tokenFor("owner") }) };
  }

  test("neither in the data directory nor in the log nor in an answer", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "peg-secrets-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
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
    "neither in PostgreSQL's dump nor in Redis",
    { timeout: 60_000 },
    async () => {
      const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
      cleanups.push(() => Promise.all([database.drop(), redis.stop()]));
      const { server, client } = await serve({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      const answers = await leaveTraces(client);
      expect(clean(server.stdout + server.stderr)).toBe(true);
      expect(answers.filter((answer) => !clean(answer))).toEqual([]);

      const raw = new Redis(redis.url);
      for (const key of await raw.keys("*")) {
        const value = (await raw.dump(key)) ?? "";
        expect(clean(key) && clean(value)).toBe(true);
      }
      raw.disconnect();

      const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
      const tables = await sql<
        { name: string }[]
      >`select relname as name from pg_stat_user_tables where schemaname = 'public'`;
      expect(tables.length).toBeGreaterThan(6);
      for (const { name } of tables) {
        const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(name)} t`;
        expect(rows.filter(({ text }) => !clean(text)).length).toBe(0);
        // Bytes show as hexadecimal digits.
        const digits = Buffer.from(CELL).toString("hex");
        expect(rows.filter(({ text }) => text.includes(digits)).length).toBe(0);
      }
      await sql.end();

      const dump = findOnPath("pg_dump");
      if (dump) {
        const { stdout } = await promisify(execFile)(dump, [database.url], { maxBuffer: 1 << 28 });
        expect(clean(stdout)).toBe(true);
      }
    },
  );
});
