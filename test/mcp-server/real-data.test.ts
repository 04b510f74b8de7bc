import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { mcpAnswerHead, wirePegResult } from "../../src/contract/mcp-protocol.js";
import { compare, type McpAnswer } from "../../src/mcp-server/method/compare.js";
import { fixedClock, pegOf, type Row } from "./analysis-request.js";
import { exactMean, exactVariance, isWithin } from "./method/rational.js";

/** Real measurements lie beside the checkout. */
const folder = new URL("../../../shared/data/", import.meta.url);

interface Analysis {
  analysis_id: string;
  period_info: { n1_start: string; n1_end: string; n_start: string; n_end: string };
  request_params: { peg_definitions: Record<string, { weight: number }> };
  stats: Row[];
}

function load(name: string): Analysis {
  const bytes = readFileSync(new URL(name, folder));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

function analyse({ analysis_id, period_info, request_params, stats }: Analysis): McpAnswer {
  const raw_data = { stats, peg_definitions: request_params.peg_definitions, period_info };
  return compare({ analysis_id, raw_data, options: {} }, fixedClock());
}

const level = (high: boolean, medium: boolean): string => (high ? "high" : medium ? "medium" : "low");

/** Part 1 of the method once more, straight from its table, with exact fractions where it has means and deviations. */
function expectAsComputedPlainly({ request_params, stats }: Analysis, answer: McpAnswer): void {
  const changes: { weight: number; change: number }[] = [];
  for (const [name, { weight }] of Object.entries(request_params.peg_definitions)) {
    const peg = pegOf(answer, name);
    const of = (period: string) => stats.filter((row) => row.kpi_name === name && row.period === period);
    for (const [period, found] of [
      ["N-1", peg.n1_period],
      ["N", peg.n_period],
    ] as const) {
      const values = of(period).map((row) => row.avg as number);
      expect(found.values).toEqual(values);
      expect(found.count).toBe(values.length);
      expect(isWithin(found.avg, exactMean(values), Number.EPSILON)).toBe(true);
      const deviation = (found.rsd * Math.abs(found.avg)) / 100;
      expect(isWithin(deviation * deviation, exactVariance(values), 1e-14)).toBe(true);
    }
    const [n1, n] = [peg.n1_period, peg.n_period];
    const change = (100 * (n.avg - n1.avg)) / Math.abs(n1.avg);
    const size = Math.abs(change);
    expect(peg.comparison.change_absolute).toBe(n.avg - n1.avg);
    expect(peg.comparison.change_percent).toBeCloseTo(change, 12);
    expect(peg.comparison.trend).toBe(size < 5 ? "stable" : change > 0 ? "up" : "down");
    expect(peg.comparison.significance).toBe(level(size > 20, size > 10));
    const rsd = (n1.rsd + n.rsd) / 2;
    const count = Math.min(n1.count, n.count);
    expect(peg.metadata?.data_quality).toBe(level(rsd <= 10 && count >= 3, rsd <= 30));
    const few = count >= 10 ? 1 : count >= 5 ? 0.9 : count >= 3 ? 0.8 : 0.6;
    const spread = rsd <= 10 ? 1 : rsd <= 30 ? 0.9 : 0.7;
    expect(peg.comparison.confidence).toBeCloseTo(
      0.85 * few * spread * (size >= 50 ? 0.8 : size >= 20 ? 0.9 : 1),
      14,
    );
    const cells = new Set([...of("N-1"), ...of("N")].map((row) => row.cell_id));
    expect(peg.metadata?.cell_id).toBe(cells.size === 1 ? [...cells][0] : "ALL");
    changes.push({ weight, change });
  }
  const { summary } = answer.data;
  expect(summary.total_pegs).toBe(changes.length);
  expect(summary.improved).toBe(changes.filter(({ change }) => change >= 5).length);
  expect(summary.declined).toBe(changes.filter(({ change }) => change <= -5).length);
  const weights = changes.reduce((sum, { weight }) => sum + weight, 0);
  const average = changes.reduce((sum, { weight, change }) => sum + weight * change, 0) / weights;
  expect(summary.weighted_avg_change).toBeCloseTo(average, 10);
}

function expectToFitTheContract(answer: McpAnswer): void {
  const wire = JSON.parse(JSON.stringify(answer));
  mcpAnswerHead.parse(wire);
  for (const peg of wire.data.peg_comparison_results) wirePegResult.parse(peg);
}

if (!existsSync(folder))
  console.warn("the real measurements (shared/data) are not here: their tests are skipped");

describe.skipIf(!existsSync(folder))("real measurements", () => {
  test("of a 5G drive, by windows", () => {
    const analysis = load("small_5g_drive.json");
    const answer = analyse(analysis);
    expectAsComputedPlainly(analysis, answer);
    expectToFitTheContract(answer);

    const first = answer.data.peg_comparison_results[0];
    expect(first).toMatchObject({ peg_name: "RTT_delay_avg_ms", weight: 10 });
    // A cell that is there only before the change is part of the samples.
    const cellsOf = (period: string) =>
      new Set(analysis.stats.filter((row) => row.period === period).map((row) => row.cell_id));
    expect([cellsOf("N-1").has("5C402C015"), cellsOf("N").has("5C402C015")]).toEqual([true, false]);
    expect(first?.metadata?.cell_id).toBe("ALL");
  });

  test("of a cell that is there only before the change leave nothing to compare", () => {
    const analysis = load("small_5g_drive.json");
    const stats = analysis.stats.filter((row) => row.cell_id === "5C402C015");
    expect(() => analyse({ ...analysis, stats })).toThrow("no PEG can be compared");
  });

  test("of a 5G drive, every message", () => {
    const analysis = load("large_5g_drive.json.gz");
    const answer = analyse(analysis);
    expectAsComputedPlainly(analysis, answer);
    expectToFitTheContract(answer);

    // The route was driven faster on the second day.
    const velocity = pegOf(answer, "Velocity_mps");
    expect(velocity.comparison.change_percent).toBeCloseTo(38, 0);
    expect(velocity.comparison).toMatchObject({ trend: "up", significance: "high" });
    // -88.29 to -87.10 dBm is a better signal: a rise, here of 1.3 percent.
    const signal = pegOf(answer, "RSRP_dBm");
    expect(signal.n1_period.avg).toBeCloseTo(-88.29, 2);
    expect(signal.n_period.avg).toBeCloseTo(-87.1, 2);
    expect(signal.comparison.change_percent).toBeCloseTo(1.3, 1);
    expect(signal.comparison.trend).toBe("stable");
    const delay = pegOf(answer, "RTT_delay_ms");
    expect(delay.n1_period.outliers).toBeGreaterThan(0);
    const maximum = [...delay.n1_period.values, ...delay.n_period.values].reduce(
      (most, value) => Math.max(most, value),
      0,
    );
    expect(Math.round(maximum)).toBe(317);
    expect(delay.n1_period.avg).toBeGreaterThan(10);
  }, 60_000);

  test("of a year of LTE counters against the next are judged hour by hour", () => {
    const { period_info, request_params } = load("large_lte_oss_2018_2019.json.gz");
    const names = Object.keys(request_params.peg_definitions);
    const text = gunzipSync(readFileSync(new URL("large_lte_oss_2018_2019.csv.gz", folder))).toString("utf8");
    const [header = "", ...lines] = text.trim().split(/\r?\n/);
    const columns = header.split(",");
    const yearTurns = new Date(period_info.n_start).getTime();
    const stats = lines.flatMap((line): Row[] => {
      const fields = line.split(",");
      const timestamp = fields[columns.indexOf("timestamp")] ?? "";
      const period = Date.parse(`${timestamp}Z`.replace("ZZ", "Z")) < yearTurns ? "N-1" : "N";
      return names.flatMap((kpi_name): Row[] => {
        const field = fields[columns.indexOf(kpi_name)] ?? "";
        return field === ""
          ? []
          : [{ kpi_name, period, avg: Number(field), cell_id: "LTE_NETWORK", timestamp }];
      });
    });
    const peg_definitions = Object.fromEntries(
      names.map((name) => [name, { direction: "lower_is_better" as const }]),
    );
    const answer = compare(
      { analysis_id: "a", raw_data: { stats, peg_definitions, period_info }, options: {} },
      fixedClock(),
    );
    expectToFitTheContract(answer);
    for (const { peg_name, judge } of answer.data.peg_comparison_results) {
      console.log(`${peg_name}: ${judge?.sentence.en} n ${judge?.n}, n_eff ${judge?.n_eff.toFixed(0)}`);
      expect(judge?.design).toBe("paired_by_week");
      // Hours of a year hang together: a year is worth far fewer independent ones.
      expect(judge?.n).toBeGreaterThan(8000);
      expect(judge?.n_eff).toBeLessThan(2000);
    }
  }, 60_000);

  test("without their times are judged with a warning", () => {
    for (const name of ["small_5g_drive.json", "large_lte_oss_2018_2019.json.gz"]) {
      for (const { judge } of analyse(load(name)).data.peg_comparison_results) {
        expect(judge?.warnings).toContain("no_timestamps");
        expect(judge?.sentence.en).toBeTruthy();
      }
    }
  }, 60_000);

  test("of a year of LTE counters against the next", () => {
    const analysis = load("large_lte_oss_2018_2019.json.gz");
    const answer = analyse(analysis);
    expectAsComputedPlainly(analysis, answer);
    expectToFitTheContract(answer);

    const setup = pegOf(answer, "E_RAB_SETUP_FR");
    expect(setup.n1_period.avg).toBeCloseTo(0.36, 2);
    expect(setup.n1_period.values.reduce((most, value) => Math.max(most, value), 0)).toBeCloseTo(12.8, 1);
    expect(setup.metadata?.cell_id).toBe("LTE_NETWORK");
    // Failure rates improve by falling, once that is said.
    const told = Object.fromEntries(
      Object.entries(analysis.request_params.peg_definitions).map(([name, definition]) => [
        name,
        { ...definition, direction: "lower_is_better" as const },
      ]),
    );
    const turned = analyse({ ...analysis, request_params: { peg_definitions: told } }).data.summary;
    expect(turned.improved).toBe(answer.data.summary.declined);
    expect(turned.weighted_avg_change).toBe(-answer.data.summary.weighted_avg_change);
  }, 60_000);
});
