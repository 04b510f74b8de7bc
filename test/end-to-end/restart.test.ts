import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createPegClient } from "../../src/client/index.js";
import { startAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { prepareDataDir } from "../support/data-dir.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { cliIsBuilt, startCli, type TestProcess } from "../support/process.js";

const LISTENING = /listening on (http:\S+?)"/;

describe.skipIf(!cliIsBuilt)("a server process", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function serve(env: Record<string, string>): Promise<{ server: TestProcess; url: string }> {
    const server = startCli(["serve"], { ...TEST_ENV, LOG_LEVEL: "info", ...env });
    cleanups.push(() => server.kill("SIGKILL"));
    const [, url = ""] = await server.waitForLine(LISTENING, 20_000);
    return { server, url };
  }

  async function placeOf(kind: "embedded" | "postgres"): Promise<Record<string, string>> {
    if (kind === "postgres") {
      const database = await createTestDatabase();
      cleanups.push(() => database.drop());
      return { DATABASE_URL: database.url };
    }
    const dataDir = mkdtempSync(join(tmpdir(), "peg-restart-"));
    cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
    prepareDataDir(dataDir);
    return { DATA_DIR: dataDir };
  }

  test.for([
    { kind: "embedded" as const, found: true },
    { kind: "postgres" as const, found: hasPostgres },
  ])(
    "keeps on $kind what it acknowledged when it is killed",
    { timeout: 60_000 },
    async ({ kind, found }, { skip }) => {
      skip(!found, "needs PostgreSQL");
      const env = await placeOf(kind);
      const token = await tokenFor("alice");
      const first = await serve(env);
      const before = createPegClient({ url: first.url, token });
      const { id } = await before.analysis.create.mutate(sampleAnalysis());
      const computed = await before.pegComparison.get.query({ id });
      await first.server.kill("SIGKILL");

      const second = await serve(env);
      const after = createPegClient({ url: second.url, token });
      expect(await after.pegComparison.get.query({ id })).toEqual({ ...computed, cached: true });
      const { id: other } = await after.analysis.create.mutate(sampleAnalysis());
      expect(await after.pegComparison.get.query({ id: other })).toMatchObject({ cached: false });
    },
  );

  test("stops cleanly on SIGTERM, finishing what runs (B12)", { timeout: 60_000 }, async () => {
    const service = await startAnalysisService();
    cleanups.push(() => service.stop());
    const { server, url } = await serve({ ...(await placeOf("embedded")), MCP_URL: service.url });
    const alice = createPegClient({ url, token: await tokenFor("alice") });
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    const release = service.hold();
    const running = alice.pegComparison.get.query({ id });
    await service.nextCall();
    server.signal("SIGTERM");
    await server.waitForLine(/"msg":"stopping"/);
    release();
    expect(await running).toMatchObject({ status: "COMPLETED" });
    expect(await server.waitForExit(10_000)).toEqual({ code: 0, signal: null });
  });

  test("refuses a data directory that another one serves, naming it", { timeout: 60_000 }, async () => {
    const env = await placeOf("embedded");
    const { server } = await serve(env);
    const second = startCli(["serve"], { ...TEST_ENV, ...env });
    expect((await second.waitForExit(20_000)).code).toBe(1);
    expect(second.stderr).toContain(`in use by process ${server.pid}`);
  });

  test("refuses bad settings, all of them at once", async () => {
    const server = startCli(["serve"], { ...TEST_ENV, PORT: "many", JWT_SECRET: "short", LOG_LEVEL: "loud" });
    expect((await server.waitForExit(20_000)).code).toBe(1);
    for (const name of ["PORT", "JWT_SECRET", "LOG_LEVEL"]) expect(server.stderr).toContain(`- ${name}: `);
  });
});
