import postgres from "postgres";
import { afterEach, describe, expect, test } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { startAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { cliIsBuilt, startCli, type TestProcess } from "../support/process.js";

const K1 = `k1:${Buffer.alloc(32, 1).toString("base64url")}`;
const K2 = `k2:${Buffer.alloc(32, 2).toString("base64url")}`;
const ANALYSES = 60;

describe.skipIf(!cliIsBuilt || !hasPostgres)("keys of stored data", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function prepare() {
    const [database, service] = await Promise.all([createTestDatabase(), startAnalysisService()]);
    cleanups.push(
      () => database.drop(),
      () => service.stop(),
    );
    const env = {
      ...TEST_ENV,
      DATABASE_URL: database.url,
      MCP_URL: service.url,
      RATE_LIMIT_GET: "100000/1m",
      RATE_LIMIT_ALL: "100000/1m",
      LOG_LEVEL: "info",
    };
    const token = await tokenFor("owner", { scope: "peg:admin" });
    const serve = async (keys: string): Promise<{ server: TestProcess; client: PegClient }> => {
      const server = startCli(["serve"], { ...env, ENCRYPTION_KEYS: keys });
      cleanups.push(() => server.kill("SIGKILL"));
      const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
      return { server, client: createPegClient({ url, token }) };
    };
    const rotate = (keys: string, ...args: string[]) =>
      startCli(["rotate-keys", ...args], { ...env, ENCRYPTION_KEYS: keys });
    return { database, serve, rotate };
  }

  async function seed(client: PegClient): Promise<string[]> {
    const ids = await Promise.all(
      Array.from({ length: ANALYSES }, async () => {
        const { id } = await client.analysis.create.mutate(sampleAnalysis());
        await client.pegComparison.get.query({ id });
        await client.permission.grant.mutate({ id, user_id: "reader", permission_type: "read" });
        return id;
      }),
    );
    return ids;
  }

  /** Opens everything that is sealed. */
  async function readAll(client: PegClient, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const answer = await client.pegComparison.get.query({ id, cache_ttl: 0 });
      if (answer.status !== "COMPLETED") throw new Error("not completed");
      expect(answer.cached).toBe(true);
      expect(answer.data.peg_comparison_results[0]?.metadata?.cell_id).toBe("ALL");
      const { entries } = await client.audit.list.query({ id });
      expect(entries.map(({ action }) => action)).toEqual(["grant", "create"]);
      expect(entries[0]?.details.user_id).toBe("reader");
    }
  }

  test("are changed under load, a kill in the middle included, and no record is ever unreadable", {
    timeout: 120_000,
  }, async () => {
    const { database, serve, rotate } = await prepare();
    const old = await serve(K1);
    const ids = await seed(old.client);
    const victims = await seed(old.client);
    await old.server.kill();

    const { server, client } = await serve(`${K2},${K1}`);
    let rotating = true;
    const failures: unknown[] = [];
    const load = (async () => {
      for (let i = 0; rotating; i++) {
        await readAll(client, [ids[i % ids.length] as string]).catch((error: unknown) =>
          failures.push(error),
        );
        const { id } = await client.analysis.create.mutate(sampleAnalysis());
        await client.pegComparison.get.query({ id });
        // What the rotation works on is changed under it as well.
        const victim = victims[i];
        if (victim === undefined) continue;
        const change =
          i % 2 === 0
            ? client.analysis.replaceData.mutate({ ...sampleAnalysis(), id: victim, data_version: 1 })
            : client.analysis.delete.mutate({ id: victim });
        await change.catch((error: unknown) => failures.push(error));
      }
    })();

    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    cleanups.push(() => sql.end());
    const resealed = async () =>
      (await sql`select 1 from analysis_results where key_id = 'k2' and id in ${sql(ids)}`).length;
    const first = rotate(`${K2},${K1}`);
    await expect.poll(resealed, { interval: 1, timeout: 30_000 }).toBeGreaterThan(3);
    await first.kill("SIGKILL");
    const counted = rotate(`${K2},${K1}`, "--count");
    await counted.waitForExit(30_000);
    expect(Number(/^(\d+) records left/.exec(counted.stdout)?.[1])).toBeGreaterThan(0);

    const second = rotate(`${K2},${K1}`);
    expect((await second.waitForExit(60_000)).code).toBe(0);
    expect(second.stdout).toMatch(/^\d+ records sealed with key k2, 0 left/);
    rotating = false;
    await load;
    expect(failures).toEqual([]);
    await server.kill();

    const after = await serve(K2);
    await readAll(after.client, ids);
    // The raw data opens too: what is computed anew needs the cell ids.
    await sql`delete from peg_comparison_summaries where analysis_id = ${ids[0] as string}`;
    expect(await after.client.pegComparison.get.query({ id: ids[0] as string, cache_ttl: 0 })).toMatchObject({
      cached: false,
    });
  });

  test("that are missing keep the server and the rotation from starting, and nothing is changed", {
    timeout: 60_000,
  }, async () => {
    const { serve, rotate } = await prepare();
    const { server, client } = await serve(K1);
    const { id } = await client.analysis.create.mutate(sampleAnalysis());
    await server.kill();
    await expect(serve(K2)).rejects.toThrow(/sealed with k1/);
    const refused = rotate(K2);
    expect((await refused.waitForExit(30_000)).code).toBe(1);
    expect(refused.stderr).toContain("sealed with k1");
    const again = await serve(K1);
    expect(await again.client.pegComparison.get.query({ id })).toMatchObject({ cached: false });
  });

  test("of another secret under a name in use are refused at the start, and nothing is changed", {
    timeout: 60_000,
  }, async () => {
    const { serve, rotate } = await prepare();
    const { server, client } = await serve(K1);
    const { id } = await client.analysis.create.mutate(sampleAnalysis());
    await server.kill();
    const wrong = K2.replace("k2:", "k1:");
    await expect(serve(wrong)).rejects.toThrow(/does not open with k1/);
    expect((await rotate(wrong).waitForExit(30_000)).code).toBe(1);
    const right = await serve(K1);
    expect(await right.client.pegComparison.get.query({ id })).toMatchObject({ cached: false });
  });

  test("are asked of every record: one in plain text is not taken, and stays as it is (E11)", {
    timeout: 60_000,
  }, async () => {
    const { database, serve } = await prepare();
    const { client } = await serve(K1);
    const { id } = await client.analysis.create.mutate(sampleAnalysis());
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    cleanups.push(() => sql.end());
    const plain = JSON.stringify(["cell-0", "cell-1"]);
    await sql`update analysis_results set sealed_cells = ${plain} where id = ${id}`;
    await expect(client.pegComparison.get.query({ id })).rejects.toMatchObject({
      data: { httpStatus: 503, error: { code: "SERVICE_UNAVAILABLE" } },
    });
    const [row] = await sql`select sealed_cells from analysis_results where id = ${id}`;
    expect(row?.sealed_cells).toBe(plain);
  });

  test("that open all but one record leave that one as it is, and say so", { timeout: 60_000 }, async () => {
    const { database, serve, rotate } = await prepare();
    const { server, client } = await serve(K1);
    const first = await client.analysis.create.mutate(sampleAnalysis({ id: "a-good" }));
    const moved = await client.analysis.create.mutate(sampleAnalysis({ id: "b-moved" }));
    const last = await client.analysis.create.mutate(sampleAnalysis({ id: "c-good" }));
    await server.kill();
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    cleanups.push(() => sql.end());
    // Sealed for another record, it opens nowhere else.
    await sql`update analysis_results set sealed_cells =
      (select sealed_cells from analysis_results where id = ${first.id}) where id = ${moved.id}`;
    const rotation = rotate(`${K2},${K1}`);
    expect((await rotation.waitForExit(30_000)).code).toBe(1);
    expect(rotation.stderr).toContain("1 records do not open");
    const keys = await sql<
      { id: string; key_id: string }[]
    >`select id, key_id from analysis_results order by id`;
    expect(keys.map(({ id, key_id }) => `${id} ${key_id}`)).toEqual([
      `${first.id} k2`,
      `${moved.id} k1`,
      `${last.id} k2`,
    ]);
    const both = await serve(`${K2},${K1}`);
    await expect(both.client.pegComparison.get.query({ id: moved.id })).rejects.toMatchObject({
      data: { httpStatus: 503, error: { code: "SERVICE_UNAVAILABLE" } },
    });
    expect(await both.client.pegComparison.get.query({ id: last.id })).toMatchObject({ cached: false });
  });
});
