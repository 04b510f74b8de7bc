import { describe, expect, test } from "vitest";
import { FormulaError, MAX_DEPTH, MAX_LENGTH, parseFormula } from "../../../src/mcp-server/method/formula.js";

function evaluate(text: string, values: Record<string, number> = {}): number {
  const formula = parseFormula(text);
  return formula.evaluate(formula.names.map((name) => values[name] ?? Number.NaN));
}

describe("arithmetic", () => {
  test.each([
    ["a / b * 100", 25],
    ["a + b * 2", 9],
    ["(a + b) * 2", 10],
    ["a - b - 1", -4],
    ["a / b / 2", 0.125],
    ["-a + b", 3],
    ["a - -b", 5],
    ["-(a + b)", -5],
    ["2e1 * a", 20],
    [".5 * a", 0.5],
    ["a * 1.5", 1.5],
  ])("%s is computed with the usual precedence", (text, expected) => {
    expect(evaluate(text, { a: 1, b: 4 })).toBe(expected);
  });

  test("each name is listed once, in the order of the formula", () => {
    expect(parseFormula("100 * RACH_success / (RACH_attempt + RACH_success)").names).toEqual([
      "RACH_success",
      "RACH_attempt",
    ]);
  });

  test.each(["성공", "é", "e\u0301", "उपलब्धता", "成功_1", "Ж", "𠮷"])(
    "%s is a name, in whichever script it is written",
    (name) => {
      expect(parseFormula(`${name} / 시도 * 100`).names).toEqual([name, "시도"]);
      expect(evaluate(`${name} / 시도 * 100`, { [name]: 1, 시도: 4 })).toBe(25);
    },
  );

  test("a hundred PEGs may be added up", () => {
    const terms = Array.from({ length: 100 }, (_, index) => `P${index}`);
    expect(parseFormula(terms.join("+")).names).toEqual(terms);
  });

  test.each(["__proto__", "constructor", "hasOwnProperty", "toString"])(
    "%s is a name like any other",
    (name) => {
      expect(parseFormula(`${name} * 2`).names).toEqual([name]);
      expect(parseFormula(`${name} * 2`).evaluate([21])).toBe(42);
    },
  );
});

describe("what cannot be computed is not a number", () => {
  test.each(["a / 0", "1 / (a / 0)", "a / (a - a)", "0 / (a - a)", "a * 1e308 * 10", "1 / (a * 1e308 * 10)"])(
    "%s",
    (text) => {
      expect(evaluate(text, { a: 5 })).toBeNaN();
    },
  );
});

describe("everything else is refused", () => {
  test.each([
    ["", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a b", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a; b", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a, b", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a.b", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a[0]", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a.constructor.constructor", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["constructor(a)", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a()", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["this", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["this.a", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["[a]", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["a ? b : c", "may hold only numbers, PEG names, + - * / and parentheses"],
    ["`a`", "is not an arithmetic expression"],
    ["`$" + "{a}`", "is not an arithmetic expression"],
    ["'a'", "may hold no constants but numbers"],
    ["true * a", "may hold no constants but numbers"],
    ["null + a", "may hold no constants but numbers"],
    ["a % 2", "must not use the operator %"],
    ["a ** 2", "must not use the operator **"],
    ["a == b", "must not use the operator =="],
    ["a || b", "must not use the operator ||"],
    ["a ?? b", "must not use the operator ??"],
    ["a & b", "must not use the operator &"],
    ["a < b", "must not use the operator <"],
    ["!a", "must not use the operator !"],
    ["~a", "must not use the operator ~"],
    ["+a", "must not use the operator +"],
    ["a = 1", "is not an arithmetic expression"],
    ["a => a", "is not an arithmetic expression"],
    ["(a", "is not an arithmetic expression"],
    ["a)", "is not an arithmetic expression"],
    ["a +", "is not an arithmetic expression"],
    ["0x10 * a", "is not an arithmetic expression"],
    ["1a", "is not an arithmetic expression"],
    ["1e999 * a", "holds a number that is too large"],
    ["½ * a", "may name only PEGs whose names are letters, digits and _"],
    ["성공률(%)", "is not an arithmetic expression"],
    ["성공·률 * 2", "may name only PEGs whose names are letters, digits and _"],
    ["٣a * 2", "may name only PEGs whose names are letters, digits and _"],
    ["😀 * 2", "may name only PEGs whose names are letters, digits and _"],
    ["$a", "may name only PEGs whose names are letters, digits and _"],
    ["1 + 2", "must name at least one PEG"],
  ])("%s", (text, message) => {
    expect(() => parseFormula(text)).toThrow(new FormulaError(message));
  });

  test("parentheses nested too deep are refused before they are parsed", () => {
    const nested = (depth: number): string => `${"(".repeat(depth)}a${")".repeat(depth)}`;
    expect(parseFormula(nested(MAX_DEPTH)).names).toEqual(["a"]);
    expect(() => parseFormula(nested(MAX_DEPTH + 1))).toThrow(`must be nested at most ${MAX_DEPTH} deep`);
  });

  test("signs nested too deep are refused", () => {
    expect(() => parseFormula(`${"-".repeat(MAX_DEPTH + 1)}a`)).toThrow(
      `must be nested at most ${MAX_DEPTH} deep`,
    );
  });

  test("a formula that is too long is refused unread", () => {
    const longest = `a${"+a".repeat((MAX_LENGTH - 1) / 2)}`.padEnd(MAX_LENGTH);
    expect(parseFormula(longest).names).toEqual(["a"]);
    expect(() => parseFormula(`${longest} `)).toThrow(`must have at most ${MAX_LENGTH} characters`);
    expect(() => parseFormula("(".repeat(10_000))).toThrow(`must have at most ${MAX_LENGTH} characters`);
  });
});
