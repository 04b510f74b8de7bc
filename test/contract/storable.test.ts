import fc from "fast-check";
import { expect, test } from "vitest";
import { isStorable } from "../../src/contract/storable.js";

test.each([
  ["CORE\\UDC_SR", true],
  ["a\\u0000b", true],
  ["\\\\ud800", true],
  ["\u0000", false],
  ["\\\u0000", false],
  ["\\\\\ud800", false],
  ["x\udfff", false],
])("%j: %s", (text, storable) => {
  expect(isStorable(JSON.stringify({ text }))).toBe(storable);
});

test("what PostgreSQL holds are texts of whole characters, none of them NUL, whatever backslashes stand before", () => {
  const parts = fc.constantFrom("\\", "u0000", "ud800", "UDA", "\u0000", "\ud83d", "\ude00", "😀", '"', "a");
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), (some) => {
      const text = some.join("");
      const whole = (text as string & { isWellFormed(): boolean }).isWellFormed();
      expect(isStorable(JSON.stringify([text]))).toBe(whole && !text.includes("\u0000"));
    }),
    { numRuns: 2_000 },
  );
});
