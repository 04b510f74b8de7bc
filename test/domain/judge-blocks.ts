import fc from "fast-check";
import { DIRECTIONS } from "../../src/contract/analysis.js";
import { type JudgeVerdict, type PegJudge, type SummaryJudge, VERDICTS } from "../../src/contract/judge.js";

const count = fc.nat({ max: 1_000_000 });
const sentences = fc.record({ en: fc.string(), ko: fc.constant("안정: 변화 없음") });
const plain = fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0);
const interval = fc.record({ low: fc.option(plain), high: fc.option(plain) });

/** Blocks of a service that judges, whatever the contract allows in them. */
export const judges: fc.Arbitrary<PegJudge> = fc.record(
  {
    verdict: fc.constantFrom(...VERDICTS),
    reason: fc.constantFrom("interval_too_wide", "low_coverage"),
    sentence: sentences,
    direction: fc.constantFrom(...DIRECTIONS),
    kind: fc.constantFrom("gauge", "ratio"),
    critical: fc.boolean(),
    band_percent: fc.constantFrom(5, 0.5),
    design: fc.constant("paired_by_week"),
    scale: fc.constant("log"),
    change_percent: fc.option(plain),
    interval,
    equivalence_interval: interval,
    p: fc.constantFrom(0, 0.25, 1),
    q: fc.constantFrom(0, 5e-324, 1),
    n: count,
    n_eff: fc.constantFrom(2, 55.125),
    needed: count,
    dropped: fc.array(fc.record({ reason: fc.constant("missing"), count }), { maxLength: 2 }),
    warnings: fc.array(fc.constant("no_timestamps"), { maxLength: 1 }),
    variability: fc.record({
      flag: fc.constantFrom("more_variable" as const, "same" as const),
      p: fc.constant(0.01),
      ratio: fc.option(plain),
    }),
    contribution: plain,
  },
  {
    requiredKeys: [
      ...([
        "verdict",
        "reason",
        "sentence",
        "direction",
        "kind",
        "critical",
        "band_percent",
        "design",
      ] as const),
      ...(["scale", "change_percent", "n", "n_eff", "dropped", "warnings"] as const),
    ],
  },
);
const counted = Object.fromEntries(VERDICTS.map((verdict) => [verdict, count])) as Record<
  JudgeVerdict,
  typeof count
>;
export const summaryJudges: fc.Arbitrary<SummaryJudge> = fc.record(
  {
    verdict: fc.constantFrom(...VERDICTS),
    reason: fc.constant("nothing_tested"),
    sentence: sentences,
    counts: fc.record(counted),
    tested: count,
    tested_critical: count,
    weighted_change: fc.record({ percent: plain, low: plain, high: plain }),
    share_inconclusive: fc.constantFrom(0, 0.5, 1),
    share_insufficient: fc.constantFrom(0, 0.25),
    time_zone: fc.constantFrom("UTC", "Asia/Seoul"),
    method_version: fc.constant("v3.0.0"),
    settings_hash: fc.constant("0".repeat(64)),
  },
  {
    requiredKeys: [
      ...(["verdict", "reason", "sentence", "counts", "tested", "tested_critical"] as const),
      ...([
        "share_inconclusive",
        "share_insufficient",
        "time_zone",
        "method_version",
        "settings_hash",
      ] as const),
    ],
  },
);
