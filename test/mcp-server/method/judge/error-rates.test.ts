import { describe, expect, test } from "vitest";
import { Frame } from "../../../../src/mcp-server/method/judge/frame.js";
import { judgePegs, type MeasuredPeg } from "../../../../src/mcp-server/method/judge/judge-pegs.js";
import { measurePeg } from "../../../../src/mcp-server/method/judge/measure-peg.js";
import type { PegInput } from "../../../../src/mcp-server/method/judge/peg-input.js";
import { PointReader } from "../../../../src/mcp-server/method/judge/points.js";
import { TimeZone } from "../../../../src/mcp-server/method/judge/time-zone.js";
import { HOUR, START } from "./hours.js";
import { Noise } from "./noise.js";

interface Case {
  /** N over N-1. */
  factor: number;
  noise: number;
  lag1: number;
  hours?: number;
  swing?: number;
  timed?: boolean;
}

const WEEK_OF_HOURS = 168;

/** Log-normal noise with a relative deviation of `noise`, correlated from hour to hour, on a daily swing. */
function simulate(random: Noise, settings: Case): MeasuredPeg {
  const { factor, noise, lag1, hours = WEEK_OF_HOURS, swing = 0, timed = true } = settings;
  const sigma = Math.sqrt(Math.log1p(noise * noise));
  const reader = new PointReader(2 * hours);
  const points = (side: "before" | "after", start: number, level: number) => {
    const values = random
      .series(hours, lag1)
      .map((z, hour) => level * (1 + swing * Math.sin((hour * Math.PI) / 12)) * Math.exp(sigma * z));
    const instants = values.map((_, hour) => (timed ? start + hour * HOUR : Number.NaN));
    return reader.derived({ values, cells: values.map(() => "A"), instants }, side);
  };
  const middle = START + hours * HOUR;
  const peg: PegInput = {
    name: "K",
    weight: 5,
    direction: "higher_is_better",
    directionSource: "default",
    kind: "gauge",
    kindSource: "default",
    critical: false,
    bandPercent: 5,
    points: { before: points("before", START, 100), after: points("after", middle, 100 * factor) },
  };
  const spans = {
    before: { start: START, end: middle - 1000 },
    after: { start: middle, end: middle + hours * HOUR - 1000 },
  };
  const { before, after } = reader.instants;
  const times = { before: before.times, after: after.times };
  const frame = new Frame(new TimeZone("UTC"), spans, times, reader.cells.ranks());
  return { peg, measured: measurePeg(peg, frame) };
}

/** How often each verdict is given to a PEG that is the only one of its analysis. */
function rates(runs: number, seed: number, settings: Case) {
  const random = new Noise(seed);
  const share: Record<string, number> = {};
  let significant = 0;
  for (let i = 0; i < runs; i++) {
    const one = simulate(random, settings);
    const [judge] = judgePegs([one]);
    if (!judge) throw new Error("not judged");
    share[judge.verdict] = (share[judge.verdict] ?? 0) + 1 / runs;
    if ((judge.p ?? 1) <= 0.05) significant += 1 / runs;
  }
  const of = (...verdicts: string[]) => verdicts.reduce((sum, verdict) => sum + (share[verdict] ?? 0), 0);
  return { of, significant };
}

const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
const report = (text: string): void => console.log(`judge: ${text}`);

describe("without a change, noise of 25 %", () => {
  test.each([0, 0.3, 0.5])("neighbours correlated by %d: false verdicts are at most 8 in 100", (lag1) => {
    const { of, significant } = rates(2000, 11, { factor: 1, noise: 0.25, lag1 });
    const wrong = of("improved", "declined");
    report(
      `no change, lag-1 ${lag1}, a week of hours: false improved or declined ${percent(wrong)}, p <= 0.05 ${percent(significant)}`,
    );
    expect(wrong).toBeLessThanOrEqual(0.08);
  });

  test("over 100 PEGs at most 0.5 are improved or declined", () => {
    for (const lag1 of [0.3, 0.5]) {
      const random = new Noise(21);
      const analyses = 20;
      let wrong = 0;
      for (let i = 0; i < analyses; i++) {
        const pegs = Array.from({ length: 100 }, () => simulate(random, { factor: 1, noise: 0.25, lag1 }));
        wrong += judgePegs(pegs).filter(
          ({ verdict }) => verdict === "improved" || verdict === "declined",
        ).length;
      }
      report(`100 unchanged PEGs, lag-1 ${lag1}: ${(wrong / analyses).toFixed(2)} false per analysis`);
      expect(wrong / analyses).toBeLessThanOrEqual(0.5);
    }
  });

  test("samples without times are no worse", () => {
    const { of } = rates(1500, 31, { factor: 1, noise: 0.25, lag1: 0.5, timed: false });
    report(
      `no change, lag-1 0.5, no times: false improved or declined ${percent(of("improved", "declined"))}`,
    );
    expect(of("improved", "declined")).toBeLessThanOrEqual(0.08);
  });

  test("a known weakness is measured: neighbours correlated by 0.8, and a single day", () => {
    const strong = rates(1000, 41, { factor: 1, noise: 0.25, lag1: 0.8 });
    report(`no change, lag-1 0.8, a week of hours: false ${percent(strong.of("improved", "declined"))}`);
    const day = rates(1000, 42, { factor: 1, noise: 0.25, lag1: 0.5, hours: 24 });
    report(`no change, lag-1 0.5, one day of hours: false ${percent(day.of("improved", "declined"))}`);
    expect(strong.of("improved", "declined")).toBeLessThan(0.2);
    expect(day.of("improved", "declined")).toBeLessThan(0.25);
  });
});

describe("a change that is there", () => {
  test.each([0, 0.3, 0.5])(
    "of 8 percent in as much noise, neighbours correlated by %d: found 95 times in 100",
    (lag1) => {
      const { of } = rates(1000, 51, { factor: 1.08, noise: 0.08, lag1 });
      report(
        `8 %, noise 8 %, lag-1 ${lag1}: improved ${percent(of("improved"))}, minor ${percent(of("minor"))}, declined ${percent(of("declined"))}`,
      );
      expect(of("improved")).toBeGreaterThanOrEqual(0.95);
      expect(of("declined", "stable")).toBe(0);
    },
  );

  test("of 3 percent under a daily swing of 60: found 85 times in 100", () => {
    const { of } = rates(1500, 61, { factor: 1.03, noise: 0.08, lag1: 0, swing: 0.6 });
    report(
      `3 %, swing 60 %, noise 8 %: found (minor or improved) ${percent(of("minor", "improved"))}, stable ${percent(of("stable"))}`,
    );
    expect(of("minor", "improved")).toBeGreaterThanOrEqual(0.85);
  });
});
