import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { FAMILIES, NOT_OURS, numbersIn, SUBJECTS } from "./attack-numbers.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const named = new Set(
  readdirSync(HERE, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts") && !path.endsWith("attacks.test.ts"))
    .flatMap((path) => numbersIn(readFileSync(`${HERE}${path}`, "utf8"))),
);

describe("every case of the catalogue", () => {
  test.each(Object.entries(FAMILIES))(
    "%s, up to %i, is named by a test, or listed with a reason",
    (family, last) => {
      const all = Array.from({ length: last }, (_, i) => `${family}${i + 1}`);
      expect(SUBJECTS).toHaveProperty(family);
      expect(all.filter((name) => !named.has(name) && !(name in NOT_OURS))).toEqual([]);
    },
  );

  test("that is listed is in the catalogue, once, and named by no test", () => {
    const known = Object.entries(FAMILIES).flatMap(([family, last]) =>
      Array.from({ length: last }, (_, i) => `${family}${i + 1}`),
    );
    expect(Object.keys(NOT_OURS).filter((name) => !known.includes(name) || named.has(name))).toEqual([]);
  });
});

test("numbers are found where titles name them, and nowhere else", () => {
  const text = `test("J1: a", x); test.each(y)(\n "J6, J24: b %s", x); test("c (T2)"); it('d (trap 5, R7)');
    describe(\`trap 12, T12, T13: e\`); ["2024", "C1", "1"]; // U9: nothing\n test("f: C2 (or C3) g");`;
  expect(numbersIn(text)).toEqual(["J1", "J6", "J24", "T2", "R7", "T12", "T13"]);
});
