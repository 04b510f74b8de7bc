import { describe, expect, test } from "vitest";
import {
  binomialAtLeast,
  binomialTwoSided,
  clopperPearson,
} from "../../../../src/mcp-server/method/judge/binomial.js";
import { brownForsythe } from "../../../../src/mcp-server/method/judge/brown-forsythe.js";
import {
  betaCdf,
  betaQuantile,
  tQuantile,
  tTwoSided,
} from "../../../../src/mcp-server/method/judge/distributions.js";
import { intervalOf, pOf } from "../../../../src/mcp-server/method/judge/estimate.js";
import { hodgesLehmann } from "../../../../src/mcp-server/method/judge/hodges-lehmann.js";
import { shareLarger } from "../../../../src/mcp-server/method/judge/mann-whitney.js";
import { benjaminiHochberg, holm } from "../../../../src/mcp-server/method/judge/many-tests.js";
import { welchEstimate } from "../../../../src/mcp-server/method/judge/welch.js";

const close = (actual: number, expected: number, relative = 1e-12): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));

const side = (values: number[]) => ({ values, nEff: values.length });

/** R's `sleep`: extra hours of sleep with two drugs. */
const DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe("distributions agree with SciPy 1.17", () => {
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 5, 2.5705818356363146],
    [0.975, 10, 2.228138851986274],
    [0.95, 30, 1.697260886593957],
    [0.995, 120, 2.6174211451068654],
    [0.975, 167, 1.9742709570280557],
    [0.975, 3.7, 2.8675207071911895],
    [0.95, 55.2, 1.6729301246333166],
  ])("in Student's t, quantile %d with %d degrees of freedom", (share, df, expected) => {
    close(tQuantile(share, df), expected, 1e-10);
  });

  test.each([
    [-2.5, 7.3, 0.019825117332800214],
    [-12.1, 166.4, 6.986508103985413e-25],
    [-0.001, 2.2, 0.499642747759248],
    [-40, 1000, 5.239426077586636e-210],
    [-5, 20000, 2.89075707382903e-7],
  ])("in Student's t, tail below %d with %d degrees of freedom", (t, df, expected) => {
    close(tTwoSided(t, df), 2 * expected, 1e-10);
  });

  test.each([
    [0.3, 2, 5, 0.5798250000000003],
    [0.01, 30.5, 2.5, 1.3261950634632008e-59],
    [0.5, 1000, 1010, 0.588269827543728],
    [0.999, 3, 0.5, 0.9407468104840536],
  ])("in beta at %d with %d and %d", (x, a, b, expected) => close(betaCdf(x, a, b), expected, 1e-11));

  test.each([
    [0.025, 3, 8, 0.06673951117773447],
    [0.975, 682, 244, 0.7643663080927448],
    [0.025, 1, 500, 5.0634334007415215e-5],
    [0.975, 12, 1e5, 0.00019679019517080334],
  ])("in beta, quantile %d with %d and %d", (p, a, b, expected) =>
    close(betaQuantile(p, a, b), expected, 1e-10),
  );
});

describe("the binomial test", () => {
  test("R, binom.test(682, 925, p = 0.75), Mendel's peas: p 0.3825, interval 0.7076683 to 0.7654066", () => {
    expect(binomialTwoSided(682, 925, 0.75).toFixed(4)).toBe("0.3825");
    const { low, high } = clopperPearson(682, 925, 0.95);
    expect([low.toFixed(7), high.toFixed(7)]).toEqual(["0.7076683", "0.7654066"]);
  });

  test("SciPy, binomtest(3, 15, 0.1, greater): 0.18406106910639114", () => {
    close(binomialAtLeast(3, 15, 0.1), 0.18406106910639114);
    close(clopperPearson(3, 15, 0.9).low, 0.05684686759024681, 1e-10);
  });

  test.each([
    [3, 15, 0.1, 0.18406106910639106],
    [0, 10, 0.3, 0.0388396033],
    [9, 10, 0.5, 0.021484375],
    [40, 100, 0.5, 0.05688793364098089],
    [7, 20, 0.3, 0.6294979666766769],
    [5, 1000, 0.01, 0.14855183112334008],
  ])("two-sided, %d of %d with a share of %d, as SciPy gives it", (k, n, share, expected) => {
    close(binomialTwoSided(k, n, share), expected, 1e-9);
  });

  test.each([
    [30_000_000, 100_000_003, 0.3001, 0.029095563265298198],
    [1234, 1_000_000_000, 1.3e-6, 0.06716661762721879],
    [1432, 1_000_000_000, 1.3e-6, 0.00031065687395332364],
    [3_200_000_000, 10_000_000_000, 0.5, 0],
  ])(
    "two-sided, %d of %d with a share of %d, as SciPy gives it, at once",
    (k, n, share, expected) => {
      close(binomialTwoSided(k, n, share), expected, 1e-7);
    },
    10_000,
  );

  test("two-sided is the sum over all outcomes that are no more likely", () => {
    for (const share of [0.5, 1 / 3, 0.1, 0.999]) {
      for (const n of [1, 2, 17, 60]) {
        const chances = [(1 - share) ** n];
        for (let k = 1; k <= n; k++)
          chances.push(((chances[k - 1] as number) * (n - k + 1) * share) / (k * (1 - share)));
        for (const [k, chance] of chances.entries()) {
          const tail = chances.filter((other) => other <= chance * (1 + 1e-7));
          const sum = tail.reduce((total, other) => total + other, 0);
          expect(Math.abs(binomialTwoSided(k, n, share) - sum)).toBeLessThanOrEqual(1e-11 * sum);
        }
      }
    }
  });
});

const sorted = (values: number[]) => Float64Array.from(values).sort();

describe("the share of pairs in which the second is larger is Mann and Whitney's U over all pairs", () => {
  test.each([
    ["SciPy's example of ages: U 17", [20, 11, 17, 12], [19, 22, 16, 29, 24], 17],
    ["R, wilcox.test(extra ~ group, data = sleep), with ties: W 25.5", DRUG_2, DRUG_1, 25.5],
    ["many ties, counted by hand", [3, 4, 5, 5, 6, 6, 7], [1, 2, 3, 3, 3, 4, 5, 5], 9],
  ])("%s", (_, before, after, u) => {
    expect(shareLarger(sorted(before), sorted(after)) * before.length * after.length).toBeCloseTo(u, 12);
    expect(shareLarger(sorted(after), sorted(before))).toBeCloseTo(
      1 - u / (before.length * after.length),
      12,
    );
  });

  test("R's example of permeability constants: W 35, shift 0.305", () => {
    const x = sorted([0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]);
    const y = sorted([1.15, 0.88, 0.9, 0.74, 1.21]);
    expect(shareLarger(y, x) * 50).toBeCloseTo(35, 12);
    expect(hodgesLehmann(y, x)).toBeCloseTo(0.305, 12);
  });
});

test("R, t.test(extra ~ group, data = sleep): t -1.8608, df 17.776, p 0.07939, -3.3654832 to 0.2054832", () => {
  const estimate = welchEstimate(side(DRUG_2), side(DRUG_1));
  expect((estimate.value / estimate.error).toFixed(4)).toBe("-1.8608");
  expect(estimate.df.toFixed(3)).toBe("17.776");
  expect(pOf(estimate).toFixed(5)).toBe("0.07939");
  const { low, high } = intervalOf(estimate, 0.95);
  expect([low.toFixed(7), high.toFixed(7)]).toEqual(["-3.3654832", "0.2054832"]);
});

test("SciPy, levene(a, b, c) about the median: 0.002431505967249681", () => {
  const a = [8.88, 9.12, 9.04, 8.98, 9, 9.08, 9.01, 8.85, 9.06, 8.99];
  const b = [8.88, 8.95, 9.29, 9.44, 9.15, 9.58, 8.36, 9.18, 8.67, 9.05];
  const c = [8.95, 9.12, 8.95, 8.85, 9.03, 8.84, 9.07, 8.98, 8.86, 8.98];
  close(brownForsythe([a, b, c]).p, 0.002431505967249681, 1e-9);
});

describe("many tests", () => {
  /** The fifteen p values of Benjamini & Hochberg's own example, which SciPy's documentation repeats. */
  const ps = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
    0.759, 1,
  ];

  test("SciPy, false_discovery_control: q of each", () => {
    const printed = [
      0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486, 0.58118182,
      0.714875, 0.75323077, 0.81321429, 1,
    ];
    for (const [i, q] of benjaminiHochberg(ps).entries()) expect(q).toBeCloseTo(printed[i] as number, 8);
    const backwards = benjaminiHochberg([...ps].reverse()).reverse();
    expect(backwards).toEqual(benjaminiHochberg(ps));
  });

  test("Holm: 0.01, 0.02, 0.022 and 0.09 become 4 * 0.01, 3 * 0.02, the same again, and 0.09", () => {
    const adjusted = holm([0.022, 0.01, 0.09, 0.02]);
    for (const [i, p] of [0.06, 0.04, 0.09, 0.06].entries()) expect(adjusted[i]).toBeCloseTo(p, 12);
  });
});
