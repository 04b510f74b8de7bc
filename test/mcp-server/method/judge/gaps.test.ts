import { describe, expect, test } from "vitest";
import { DAY, WEEK } from "../../../../src/mcp-server/method/judge/calendar.js";
import type { Row } from "../../analysis-request.js";
import {
  between,
  type Definitions,
  droppedBy,
  evenly,
  HOUR,
  hourly,
  judgeOf,
  judgingRequest,
  START,
} from "./hours.js";
import { Noise } from "./noise.js";

const WEEK_OF_HOURS = 168;
const MINUTE = HOUR / 60;
const SECOND = 1000;

describe("a rate is of events and what they happened on together", () => {
  const WITHOUT = 16;
  const definitions: Definitions = {
    K: { kind: "rare_count", exposure: "calls", direction: "lower_is_better" },
  };
  const events = (hour: number) => (hour % 5) + 1;
  const all = [...hourly("K", WEEK_OF_HOURS, events), ...hourly("calls", WEEK_OF_HOURS, () => 1000)];
  /** The last hours of N are something else. */
  const lastHours = (count: number, change: (row: Row) => Row[], name = "K") => {
    const from = new Date(START + 2 * WEEK - count * HOUR).toISOString();
    return all.flatMap((row) =>
      row.kpi_name === name && (row.timestamp ?? "") >= from ? change(row) : [row],
    );
  };
  const changes: [string, (row: Row) => Row[], Record<string, number>][] = [
    ["suspect", (row) => [{ ...row, suspect: true }], { suspect: WITHOUT }],
    ["missing", (row) => [{ ...row, avg: null }], { missing: WITHOUT }],
    ["absent", () => [], {}],
  ];

  test.each(changes)("where events are %s, their exposure is not counted either", (_, change, dropped) => {
    const judge = judgeOf(judgingRequest(lastHours(WITHOUT, change), { definitions }));
    expect(droppedBy(judge)).toEqual({ ...dropped, no_partner: WITHOUT });
    const both = lastHours(WITHOUT, () => []).filter(
      (row) => row.kpi_name === "K" || lastHours(WITHOUT, () => [], "calls").includes(row),
    );
    const expected = judgeOf(judgingRequest(both, { definitions }));
    expect(expected.dropped).toEqual([]);
    expect(judge).toEqual({ ...expected, dropped: expect.anything() });
  });

  test.each(changes)("half of the events %s is too little to tell", (_, change) => {
    const judge = judgeOf(judgingRequest(lastHours(84, change), { definitions }));
    expect(judge).toMatchObject({ reason: "low_coverage", n: 84, needed: 51 });
    const alone: Definitions = { K: { kind: "rare_count" } };
    expect(judgeOf(judgingRequest(lastHours(84, change), { definitions: alone }))).toMatchObject({
      reason: "low_coverage",
    });
  });

  test.each(changes)("without times, exposure without its events is refused: %s", (_, change) => {
    const untimed = (stats: Row[]) => stats.map(({ timestamp: _, ...row }) => row);
    const body = judgingRequest(untimed(lastHours(WITHOUT, change)), { definitions });
    const judge = judgeOf(body);
    expect(judge).toMatchObject({ verdict: "insufficient_data", reason: "exposure_unmatched" });
    expect(judge.sentence.en).toMatch(/not of the same samples/);
    const whole = judgeOf(judgingRequest(untimed(all), { definitions }));
    expect(whole).toMatchObject({ design: "rate", change_percent: 0 });
  });

  test("totals, a row a period or a row a week, are all there is", () => {
    const totals = (step: number, count: number) =>
      ["K", "calls"].flatMap((kpi_name) =>
        (["N-1", "N"] as const).flatMap((period, half) => {
          const value = kpi_name === "calls" ? 100_000 : period === "N" ? 90 : 30;
          return evenly(period, START + half * 4 * WEEK, step, count, () => value, { kpi_name });
        }),
      );
    for (const [step, count] of [
      [4 * WEEK, 1],
      [WEEK, 4],
    ] as const) {
      const judge = judgeOf(judgingRequest(totals(step, count), { definitions, days: 28 }));
      expect(judge).toMatchObject({ verdict: "declined", n: 120 * count });
      expect(judge.change_percent).toBeCloseTo(200, 10);
    }
  });

  test("bytes are no events, and are compared as they are", () => {
    const bytes = hourly("K", WEEK_OF_HOURS, (hour, period) => (period === "N" ? 6e8 : 1e9) + hour);
    expect(judgeOf(judgingRequest(bytes, { definitions: { K: { kind: "rare_count" } } }))).toMatchObject({
      verdict: "declined",
      design: "paired_by_week",
      warnings: ["not_counts_of_events"],
    });
  });
});

test.each([
  ["a week", WEEK, 26],
  ["two days", 2 * DAY, 42],
])("rows %s apart are as many as there should be, where days are paired", (_, step, count) => {
  const random = new Noise(6);
  const days = (step * count) / DAY;
  const stats = (["N-1", "N"] as const).flatMap((period, half) =>
    evenly(period, START + half * step * count, step, count, () => (half ? 120 : 100) + random.normal()),
  );
  const judge = judgeOf(judgingRequest(stats, { days }));
  expect(judge).toMatchObject({ verdict: "improved", n: count });
  // With half of them gone there are too few.
  const half = stats.filter((_row, i) => i % count < count / 2 - 1);
  expect(judgeOf(judgingRequest(half, { days }))).toMatchObject({ reason: "low_coverage" });
});

describe("a ratio by its parts", () => {
  const definitions: Definitions = {
    K: { formula: "bad / all * 100", kind: "ratio", direction: "lower_is_better" },
  };
  const periods = [
    { start: START, end: START + 2 * HOUR - SECOND },
    { start: START + DAY, end: START + DAY + 2 * HOUR - SECOND },
  ] as const;
  const series = (kpi_name: string, step: number, valueAt: (i: number, period: string) => number | null) =>
    (["N-1", "N"] as const).flatMap((period, half) => {
      const count = Math.floor((2 * HOUR) / step);
      return evenly(period, START + half * DAY, step, count, (i) => valueAt(i, period), { kpi_name });
    });

  test("is of slots in which neither part is missing", () => {
    const random = new Noise(4);
    const step = 7 * SECOND;
    // Slots are of ten seconds, and hold one sample or two.
    const missing = (i: number, period: string) => period === "N" && i % 20 === 1;
    const bad = series("bad", step, (i, period) => (missing(i, period) ? null : 5 + 0.2 * random.normal()));
    const judge = judgeOf(between([...bad, ...series("all", step, () => 100)], ...periods, definitions));
    expect(judge).toMatchObject({ verdict: "stable", scale: "pooled" });
    const { missing: nulls = 0, no_partner = 0 } = droppedBy(judge);
    expect([nulls, no_partner > nulls]).toEqual([52, true]);
  });

  test("leaves out the cells that are there in one period only, paired or not", () => {
    const random = new Noise(5);
    const inCell = (cell_id: string, level: number, rows: Row[]) =>
      rows.map((row) => ({
        ...row,
        cell_id,
        ...(row.kpi_name === "bad" && { avg: level + 0.1 * random.normal() }),
      }));
    const stats = [
      ...inCell("A", 2, [...series("bad", MINUTE, () => 0), ...series("all", MINUTE, () => 100)]),
      ...inCell("B", 10, [...series("bad", MINUTE, () => 0), ...series("all", MINUTE, () => 100)]).filter(
        // Denominators of B go on, so it takes all parts to tell that it is gone.
        ({ period, kpi_name }) => period === "N-1" || kpi_name === "all",
      ),
    ];
    const judge = judgeOf(between(stats, ...periods, definitions));
    expect(judge).toMatchObject({ design: "unpaired", verdict: "stable", n: 120 });
    expect(droppedBy(judge)).toEqual({ cell_in_one_period: 3 * 120 });
    // Where A is gone too, nothing can be compared.
    const apart = stats.filter(({ period, cell_id }) => (cell_id === "A") === (period === "N-1"));
    const moved = apart.map((row) => (row.period === "N" ? { ...row, cell_id: "C" } : row));
    const more = moved.filter(({ period }) => period === "N").map((row) => ({ ...row, kpi_name: "bad" }));
    expect(judgeOf(between([...moved, ...more], ...periods, definitions))).toMatchObject({
      reason: "no_common_cells",
      n: 0,
    });
  });
});

describe("variability goes by the hour of day", () => {
  const spread = (seed: number, lost: (hour: number, period: string) => boolean) => {
    const random = new Noise(seed);
    return hourly("K", 2 * WEEK_OF_HOURS, (hour, period) => {
      const noise = (period === "N" ? 0.1 : 0.05) * random.normal();
      const value = Math.exp(0.6 * Math.sin((hour * Math.PI) / 12) + noise);
      return lost(hour, period) ? undefined : value;
    });
  };

  test.each([
    ["without a gap", () => false],
    ["with gaps", (hour: number, period: string) => period === "N-1" && [83, 171, 260].includes(hour)],
    ["with a night lost", (hour: number) => hour >= 100 && hour < 109],
  ])("%s", (_, lost) => {
    for (const seed of [1, 2, 3]) {
      const { variability } = judgeOf(judgingRequest(spread(seed, lost), { days: 14 }));
      expect(variability?.flag).toBe("more_variable");
      expect(variability?.ratio).toBeCloseTo(2, 0);
    }
  });
});
