import fc from "fast-check";
import { expect, test } from "vitest";
import { decimalsFor, formatChange, formatPercent } from "../../src/contract/numbers.js";

test.each([
  [5, 12.34, "+12.3 %"],
  [5, 4.97, "+4.97 %"],
  [10, 4.97, "+4.97 %"],
  [5, -4.996, "-4.996 %"],
  [5, 5.04, "+5.0 %"],
  [5.04, 5.041, "+5.04 %"],
  [0.02, 0.04, "+0.040 %"],
  [0.02, -0.0001, "0.000 %"],
  [5, 4.9999999, "+5.000000 %"],
  [5, 2e6, "+2.0e+6 %"],
  [0, 3, "+3.0 %"],
])("beside a band of %d % a change of %d is %s", (band, percent, text) => {
  expect(formatChange(percent, band)).toBe(text);
});

test("a change without a band of its own goes by the product's rule of 5 %", () => {
  expect(formatChange(4.97)).toBe("+4.97 %");
});

test("a change stands on its own side of the band, as it is written", () => {
  const hundredths = (min: number, max: number) => fc.integer({ min, max }).map((count) => count / 100);
  fc.assert(
    fc.property(hundredths(1, 2_000), hundredths(-5_000, 5_000), (band, percent) => {
      const written = Math.abs(Number.parseFloat(formatPercent(percent, decimalsFor(band, percent))));
      expect(written >= band).toBe(Math.abs(percent) >= band);
    }),
  );
});
