import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CompletedComparison } from "../../src/contract/comparison.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { TEST_ENV, tokenFor } from "../support/backend.js";
import { createTestDatabase, hasPostgres, type TestDatabase } from "../support/database.js";
import { cliIsBuilt, startCli } from "../support/process.js";
import { sharedData } from "../support/shared-data.js";

const PERIODS = ["--n1", "2024-01-01/2024-01-02T00:00:00Z", "--n", "2024-01-08/2024-01-09T00:00:00Z"];
const MEGABYTE = 1024 ** 2;

describe.skipIf(!cliIsBuilt || !hasPostgres)("a CSV file", () => {
  let database: TestDatabase;
  let service: TestAnalysisService;
  let folder: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    [database, service] = await Promise.all([createTestDatabase(), startAnalysisService()]);
    folder = mkdtempSync(join(tmpdir(), "peg-csv-"));
    env = { ...TEST_ENV, DATABASE_URL: database.url, DATA_DIR: folder, MCP_URL: service.url };
  });
  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(...args: string[]) {
    const command = startCli(args, env);
    const { code } = await command.waitForExit(60_000);
    return { code, stdout: command.stdout, stderr: command.stderr };
  }

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, name.endsWith(".gz") ? gzipSync(text) : text);
    return path;
  }

  test("gives the analysis that its lines hold, missing values left out", { timeout: 60_000 }, async () => {
    const path = file(
      "good.csv.gz",
      "\ufefftimestamp,cell_id,A,B\r\n2024-01-01T00:00:00Z,C1,1,-\r\n2024-01-01T01:00:00,C2,2.5,NaN\r\n" +
        '2024-01-05T00:00:00Z,C1,9,9\r\n2024-01-08T00:00:00Z,"C1",-3e0,None\r\n2024-01-09T00:00:00Z,C1,,4\r\n',
    );
    const imported = await run("import", path, "--id", "good", ...PERIODS);
    expect(imported.stderr).toContain("5 lines, 1 outside of both periods, 4 missing values");
    expect(JSON.parse(imported.stdout)).toMatchObject({ id: "good", rows: 4, pegs: 2, cells: 2 });
    const { stdout } = await run("compare", "good");
    const { data } = JSON.parse(stdout) as CompletedComparison;
    expect(
      data.peg_comparison_results.map((peg) => [peg.peg_name, peg.n1_period.values, peg.n_period.values]),
    ).toEqual([["A", [1, 2.5], [-3]]]);
  });

  test("that does not fit is named by line and column, and nothing of it is stored", {
    timeout: 60_000,
  }, async () => {
    const path = file(
      "bad.csv",
      "timestamp,cell_id,A\n2024-01-01,C1,1\nyesterday,C1,2\n2024-01-01,,3\n2024-01-01,C1,four\n2024-01-01,C1,1e999\n",
    );
    const { code, stderr, stdout } = await run("import", path, "--id", "bad", ...PERIODS);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    for (const place of [
      "line 3, column timestamp",
      "line 4, column cell_id",
      "line 5, column A",
      "line 6, column A",
    ]) {
      expect(stderr).toContain(place);
    }
    expect((await run("compare", "bad")).stderr).toContain("ANALYSIS_NOT_FOUND");
  });

  test.each([
    ["no-header.csv", "a,b\n1,2\n", "column timestamp: is missing"],
    ["ragged.csv", "timestamp,cell_id,A\n2024-01-01,C1,1,2\n", "line 2: has more or fewer fields"],
    ["quote.csv", 'timestamp,cell_id,A\n2024-01-01,"C1,1\n', "is not CSV"],
    ["empty.csv", "timestamp,cell_id,A\n", "holds no value in either period"],
    ["twice.csv", "timestamp,cell_id,A,A\n", "stands twice"],
  ])("%s is refused with a word about why", async (name, text, why) => {
    const { code, stderr } = await run("import", file(name, text), "--dry-run", ...PERIODS);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });

  test("needs its periods, and a dry run stores nothing", { timeout: 60_000 }, async () => {
    const path = file("dry.csv", "timestamp,cell_id,A\n2024-01-01,C1,1\n2024-01-08,C1,2\n");
    expect((await run("import", path)).stderr).toContain("--n1 START/END");
    expect((await run("import", path, "--n1", "x/y", "--n", "2024-01-01/2024-01-02")).stderr).toContain(
      "--n1 x/y",
    );
    const dry = await run("import", path, "--id", "dry", "--dry-run", ...PERIODS);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing was stored") });
    expect((await run("compare", "dry")).stderr).toContain("ANALYSIS_NOT_FOUND");
  });

  test.skipIf(!sharedData.found)(
    "of real measurements compares as its JSON does, number for number",
    { timeout: 120_000 },
    async () => {
      const json = sharedData.path("large_5g_drive.json.gz");
      const analysis = JSON.parse(gunzipSync(readFileSync(json)).toString()) as {
        period_info: Record<"n1_start" | "n1_end" | "n_start" | "n_end", string>;
        request_params: object;
      };
      const { n1_start, n1_end, n_start, n_end } = analysis.period_info;
      const definitions = file("definitions.json", JSON.stringify(analysis.request_params));
      const periods = ["--n1", `${n1_start}/${n1_end}`, "--n", `${n_start}/${n_end}`];
      const csv = sharedData.path("large_5g_drive.csv.gz");
      await run("import", json, "--id", "as-json");
      await run("import", csv, "--id", "as-csv", "--definitions", definitions, ...periods);
      const [fromJson, fromCsv] = await Promise.all(
        ["as-json", "as-csv"].map(
          async (id) => (JSON.parse((await run("compare", id)).stdout) as CompletedComparison).data,
        ),
      );
      const numbers = (data: CompletedComparison["data"] | undefined) =>
        data?.peg_comparison_results.map(({ metadata: _, ...peg }) => peg);
      expect(numbers(fromCsv)).toEqual(numbers(fromJson));
      expect(fromCsv?.summary).toEqual(fromJson?.summary);
      expect(fromJson?.summary.total_pegs).toBe(4);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "of half a million values is imported with less than 600 MB resident",
    { timeout: 120_000 },
    async () => {
      const kpis = Array.from({ length: 50 }, (_, i) => `KPI_${i}`);
      const lines = Array.from({ length: 10_000 }, (_, line) => {
        const time = new Date(Date.UTC(2024, 0, line % 2 ? 8 : 1, 0, 0, line >> 1)).toISOString();
        return `${time},cell-${line % 97},${kpis.map((_kpi, i) => (100 + i + Math.sin(line) * 9).toFixed(6)).join()}`;
      });
      const path = file("half-a-million.csv", `timestamp,cell_id,${kpis.join()}\n${lines.join("\n")}\n`);
      const server = startCli(["serve"], { ...env, LOG_LEVEL: "info" });
      const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
      const command = startCli(["import", path, "--id", "half-a-million", "--url", url, ...PERIODS], {
        ...env,
        PEG_TOKEN: await tokenFor("importer"),
      });
      let peak = 0;
      const peakOf = (pid: number) => {
        try {
          return (
            Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024
          );
        } catch {
          return 0;
        }
      };
      const timer = setInterval(() => {
        peak = Math.max(peak, peakOf(command.pid));
      }, 20);
      const { code } = await command.waitForExit(60_000);
      clearInterval(timer);
      const serverPeak = peakOf(server.pid);
      await server.kill();
      process.stdout.write(
        `500,000 values from CSV: ${Math.round(peak / MEGABYTE)} MB in the command, ${Math.round(serverPeak / MEGABYTE)} MB in the server\n`,
      );
      expect(code).toBe(0);
      expect(JSON.parse(command.stdout)).toMatchObject({ rows: 500_000, pegs: 50, cells: 97 });
      expect(peak).toBeLessThan(600 * MEGABYTE);
      // The server's own bound, for whoever uploads.
      expect(serverPeak).toBeLessThan(1024 * MEGABYTE);
    },
  );
});
