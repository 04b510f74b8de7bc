import { expect, test } from "vitest";
import { decide, type Finding } from "../../../../src/mcp-server/method/judge/decide.js";
import { judgePegs, type MeasuredPeg } from "../../../../src/mcp-server/method/judge/judge-pegs.js";
import { judgeSummary } from "../../../../src/mcp-server/method/judge/judge-summary.js";
import { foundSentence } from "../../../../src/mcp-server/method/judge/sentences.js";

const finding: Finding = {
  percent: 20,
  interval: { low: 1, high: 40 },
  equivalence: { low: 4, high: 36 },
  p: 0.03,
  q: 0.03,
  band: 5,
  direction: "higher_is_better",
};

test.each([
  ["its p is small and its q is not", { q: 0.2 }, "one_of_many_pegs"],
  // An exact test and its exact interval need not agree.
  ["its interval leaves out 0 and its p is large", { p: 0.06, q: 0.06 }, "interval_too_wide"],
  ["its interval holds 0", { interval: { low: -1, high: 40 }, q: 0.2 }, "interval_too_wide"],
] satisfies [string, Partial<Finding>, string][])("a PEG is inconclusive where %s", (_, differs, reason) => {
  expect(decide({ ...finding, ...differs })).toEqual({ verdict: "inconclusive", reason });
});

test.each([
  [
    0.02,
    0.04,
    "significant_beyond_band",
    /^Improved: \+0\.040 % \(95 % interval \+0\.031 to \+0\.049 %\);.*0\.02 %\.$/,
  ],
  [5, 4.97, "significant_inside_band", /^Improved: \+4\.97 % .*less than the band of 5 %\.$/],
])(
  "beside a band of %d % a sentence tells a change of %d so that it is true",
  (band, percent, reason, en) => {
    const interval = { low: 0.031, high: 0.049 };
    expect(foundSentence("improved", reason, { percent, interval, band }).en).toMatch(en);
  },
);

test("the whole is inconclusive where it is made of PEGs that are so, however large its change", () => {
  const one: MeasuredPeg = {
    peg: {
      ...{ name: "K", weight: 5, critical: false, bandPercent: 5, kind: "gauge", kindSource: "default" },
      ...{ direction: "higher_is_better", directionSource: "default" },
    },
    measured: {
      ...{ design: "unpaired", scale: "plain", n: 20, nEff: 10, dropped: [], warnings: [] },
      effect: { p: 0.045, percent: 20, interval: () => ({ low: 1, high: 39 }) },
    },
  };
  const small: MeasuredPeg = {
    ...one,
    measured: { ...one.measured, effect: { p: 1e-9, percent: 1, interval: () => ({ low: 0.9, high: 1.1 }) } },
  };
  const unlikely: MeasuredPeg = {
    ...one,
    measured: { ...one.measured, effect: { p: 0.9, percent: 1, interval: () => ({ low: 0.5, high: 70 }) } },
  };
  const judges = judgePegs([one, one, one, small, unlikely]);
  expect(judges.map(({ reason }) => reason)).toEqual([
    ...["one_of_many_pegs", "one_of_many_pegs", "one_of_many_pegs"],
    ...["significant_inside_band", "interval_too_wide"],
  ]);
  const used = { time_zone: "UTC", method_version: "v3.0.0", settings_hash: "" };
  const pegs = judges.map((judge) => ({ judge, weight: 5 }));
  expect(judgeSummary(pegs, 0, used)).toMatchObject({ verdict: "inconclusive", reason: "no_peg_improved" });
});
