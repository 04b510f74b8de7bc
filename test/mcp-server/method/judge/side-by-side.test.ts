import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DAY,
  type Span,
  sharedSlotCount,
  slotNumber,
  WEEK,
} from "../../../../src/mcp-server/method/judge/calendar.js";
import { Pace } from "../../../../src/mcp-server/method/judge/pace.js";
import { emptyPoints } from "../../../../src/mcp-server/method/judge/points.js";
import { TimeZone } from "../../../../src/mcp-server/method/judge/time-zone.js";
import { between, droppedBy, evenly, HOUR, hourly, judgeOf, judgingRequest, START } from "./hours.js";
import { Noise } from "./noise.js";

const WEEK_OF_HOURS = 168;
const DAY_OF_HOURS = 24;
const MINUTE = HOUR / 60;
const SECOND = 1000;

/** Around 100, and 20 % more after. */
function risen(seed = 1): (i: number, period?: "N-1" | "N") => number {
  const random = new Noise(seed);
  return (_, period) => (100 + random.normal()) * (period === "N" ? 1.2 : 1);
}

describe("periods of any length are compared where nothing is missing", () => {
  test.each([8, 9, 10, 11, 12, 13, 14, 20])("%d days: the weekdays that both have", (days) => {
    const judge = judgeOf(judgingRequest(hourly("K", days * DAY_OF_HOURS, risen()), { days }));
    expect(judge).toMatchObject({ design: "paired_by_week", verdict: "improved" });
    const paired = 2 * judge.n + (droppedBy(judge).no_partner ?? 0);
    expect(paired).toBe(2 * days * DAY_OF_HOURS);
    expect(judge.n).toBeGreaterThanOrEqual(WEEK_OF_HOURS);
  });

  test.each([25, 30, 36, 40, 47])("%d hours: the hours of day that both have", (hours) => {
    const days = hours / DAY_OF_HOURS;
    const judge = judgeOf(judgingRequest(hourly("K", hours, risen()), { days }));
    expect(judge).toMatchObject({ design: "paired_by_day", verdict: "improved" });
    expect(judge.n).toBeGreaterThanOrEqual(DAY_OF_HOURS);
  });

  test("a day of 23 hours is a day, and a week with one is a week", () => {
    // Berlin: clocks go forward in the night of 31 March 2024, a Sunday.
    const sunday = Date.parse("2024-03-30T23:00:00Z");
    const saturday = sunday - DAY;
    const value = risen();
    const hours = (period: "N-1" | "N", start: number, count: number) =>
      evenly(period, start, HOUR, count, (i) => value(i, period));
    const ofDays = [...hours("N-1", saturday, 24), ...hours("N", sunday, 23)];
    const [before, after] = [
      { start: saturday, end: sunday - SECOND },
      { start: sunday, end: sunday + 23 * HOUR - SECOND },
    ];
    expect(judgeOf(between(ofDays, before, after, {}, "Europe/Berlin"))).toMatchObject({
      design: "paired_by_day",
      n: 23,
      dropped: [{ reason: "no_partner", count: 1 }],
    });

    const monday = sunday - 6 * DAY;
    const ofWeeks = [...hours("N-1", monday - WEEK, 168), ...hours("N", monday, 167)];
    const weeks = [
      { start: monday - WEEK, end: monday - SECOND },
      { start: monday, end: monday + 167 * HOUR - SECOND },
    ] as const;
    expect(judgeOf(between(ofWeeks, ...weeks, {}, "Europe/Berlin"))).toMatchObject({
      design: "paired_by_week",
      n: 167,
    });

    // Clocks go back on 27 October: cut after so many hours, the wall shows one less.
    const cut = Date.parse("2024-10-20T22:00:00Z");
    const ofHours = [...hours("N-1", cut - WEEK, 168), ...hours("N", cut, 168)];
    const sameLong = [
      { start: cut - WEEK, end: cut - SECOND },
      { start: cut, end: cut + WEEK - SECOND },
    ] as const;
    expect(judgeOf(between(ofHours, ...sameLong, {}, "Europe/Berlin"))).toMatchObject({
      design: "paired_by_week",
      n: 166,
    });
  });

  test("the slots that both periods have are counted as they are numbered", () => {
    const utc = new TimeZone("UTC");
    const start = fc.integer({ min: -500, max: 500 }).map((hour) => START + hour * HOUR);
    const length = fc.integer({ min: 1, max: 600 });
    fc.assert(
      fc.property(start, length, start, length, fc.constantFrom(DAY, WEEK), (n1, hours1, n, hours, cycle) => {
        const numbers = (from: number, count: number) =>
          Array.from({ length: count }, (_, i) => slotNumber(from + i * HOUR, from, n, HOUR, cycle));
        const after = new Set(numbers(n, hours));
        const shared = numbers(n1, hours1).filter((number) => after.has(number)).length;
        const spanOf = (from: number, count: number) => ({ start: from, end: from + count * HOUR - 1 });
        const spans = { before: spanOf(n1, hours1), after: spanOf(n, hours) };
        expect(sharedSlotCount(spans, utc, HOUR, cycle)).toBe(shared);
      }),
    );
  });
});

describe("each PEG has slots of its own length", () => {
  const quarters = (["N-1", "N"] as const).flatMap((period, half) => {
    const random = new Noise(9);
    const value = () => 100 + random.normal();
    return evenly(period, START + half * WEEK, 15 * MINUTE, 4 * WEEK_OF_HOURS, value, { kpi_name: "Q" });
  });

  test("hours beside quarter hours", () => {
    const hours = hourly("K", WEEK_OF_HOURS, risen());
    const alone = judgeOf(judgingRequest(hours));
    const body = judgingRequest([...quarters, ...hours]);
    expect(alone).toMatchObject({ verdict: "improved", n: WEEK_OF_HOURS });
    expect(judgeOf(body)).toEqual({ ...alone, q: expect.any(Number), contribution: expect.any(Number) });
    expect(judgeOf(body, "Q")).toMatchObject({ verdict: "stable", n: 4 * WEEK_OF_HOURS });
  });

  test("cells that report at different minutes", () => {
    const stats = ["A", "B", "C"].flatMap((cell_id, late) => {
      const value = risen(late);
      return (["N-1", "N"] as const).flatMap((period, half) =>
        evenly(
          period,
          START + half * WEEK + late * MINUTE,
          HOUR,
          WEEK_OF_HOURS,
          (hour) => value(hour, period),
          {
            cell_id,
          },
        ),
      );
    });
    expect(judgeOf(judgingRequest(stats))).toMatchObject({ verdict: "improved", n: WEEK_OF_HOURS });
  });

  test("it is the median gap of a cell's neighbours, whatever the order of rows", () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 }));
    const side = fc.array(row, { maxLength: 30 });
    const regular = fc.integer({ min: 1, max: 9 }).map((step) => {
      return Array.from({ length: 20 }, (_, i): [number, number] => [i % 2, Math.floor(i / 2) * step]);
    });
    const pointsOf = (rows: readonly (readonly [number, number])[]) => ({
      ...emptyPoints(rows.length),
      cells: Uint32Array.from(rows, ([cell]) => cell),
      instants: Uint32Array.from(rows, ([, instant]) => instant),
    });
    const gapsOf = (rows: readonly (readonly [number, number])[], cell?: number): number[] => {
      const times = rows.filter(([of]) => cell === undefined || of === cell).map(([, instant]) => instant);
      times.sort((one, other) => one - other);
      return times.map((time, i) => time - (times[i - 1] ?? time)).filter((gap) => gap > 0);
    };
    // One instance for all: nothing of a call is left to the next.
    const times = Array.from({ length: 200 }, (_, instant) => instant);
    const pace = new Pace({ before: times, after: times }, 4);
    fc.assert(
      fc.property(fc.oneof(side, regular), fc.oneof(side, regular), (before, after) => {
        const byCell = [0, 1, 2, 3].flatMap((cell) => [...gapsOf(before, cell), ...gapsOf(after, cell)]);
        const gaps = byCell.length > 0 ? byCell : [...gapsOf(before), ...gapsOf(after)];
        gaps.sort((one, other) => one - other);
        const expected = gaps[Math.floor(gaps.length / 2)];
        expect(pace.gapOf([{ before: pointsOf(before), after: pointsOf(after) }])).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});

describe("each side of unpaired periods must be there by itself", () => {
  const before = { start: START, end: START + HOUR - SECOND };
  const after = { start: START + DAY, end: START + DAY + 20 * HOUR - SECOND };
  const minutes = (period: "N-1" | "N", { start }: Span, count: number) => {
    const value = risen();
    return evenly(period, start, MINUTE, count, (i) => value(i, period));
  };

  test("an hour of twenty is too little, though it is as long as the other side", () => {
    const stats = [...minutes("N-1", before, 60), ...minutes("N", after, 70)];
    expect(judgeOf(between(stats, before, after))).toMatchObject({
      design: "unpaired",
      reason: "low_coverage",
      n: 70,
      needed: 0.8 * 1200 - 70,
    });
  });

  test("twenty hours and one hour that are whole are compared", () => {
    const stats = [...minutes("N-1", before, 60), ...minutes("N", after, 1200)];
    expect(judgeOf(between(stats, before, after))).toMatchObject({ verdict: "improved", n: 60 });
  });
});
