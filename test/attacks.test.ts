import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { APART, FAMILIES, IN_PART, NOT_OURS, numbersIn, SUBJECTS } from "./attack-numbers.js";
import { blocksIn } from "./test-blocks.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const BLOCKS = readdirSync(HERE, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts") && !path.endsWith("attacks.test.ts"))
  .flatMap((path) => blocksIn(readFileSync(`${HERE}${path}`, "utf8")).map((block) => ({ path, ...block })));
const namedIn = (blocks: readonly { title: string; idle: boolean }[]) =>
  new Set(blocks.filter(({ idle }) => !idle).flatMap(({ title }) => numbersIn(title)));
const named = namedIn(BLOCKS);
const ELSEWHERE = { ...NOT_OURS, ...APART };

describe("every case of the catalogue", () => {
  test.each(Object.entries(FAMILIES))(
    "%s, up to %i, is named by a test, or listed with a reason",
    (family, last) => {
      const all = Array.from({ length: last }, (_, i) => `${family}${i + 1}`);
      expect(SUBJECTS).toHaveProperty([family]);
      expect(all.filter((name) => !named.has(name) && !(name in ELSEWHERE))).toEqual([]);
    },
  );

  test("that is listed is in the catalogue, once, and named by no test", () => {
    const known = Object.entries(FAMILIES).flatMap(([family, last]) =>
      Array.from({ length: last }, (_, i) => `${family}${i + 1}`),
    );
    expect(Object.keys(ELSEWHERE).filter((name) => !known.includes(name) || named.has(name))).toEqual([]);
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
    expect(Object.keys(NOT_OURS).filter((name) => name in APART)).toEqual([]);
  });

  test("that is met in part is named by a test", () => {
    expect(Object.keys(IN_PART).filter((name) => !named.has(name))).toEqual([]);
  });

  test("that runs apart has a command that is there", () => {
    const { scripts } = JSON.parse(readFileSync(`${HERE}../package.json`, "utf8")) as {
      scripts: Record<string, string>;
    };
    const sections = readFileSync(`${HERE}../bench/sections.ts`, "utf8");
    for (const command of Object.values(APART)) {
      const [, script = "", section] = /^npm run (\w+)(?: -- --only (\w+))?$/.exec(command) ?? [];
      expect(scripts).toHaveProperty(script);
      if (section !== undefined) expect(sections).toMatch(new RegExp(`^ {2}${section}: section\\(`, "m"));
    }
    expect(existsSync(`${HERE}../stryker.config.mjs`)).toBe(true);
  });
});

test("no test is skipped, left for later or empty", () => {
  expect(BLOCKS.length).toBeGreaterThan(1500);
  expect(BLOCKS.filter(({ idle }) => idle).map(({ path, title }) => `${path}: ${title}`)).toEqual([]);
});

describe("numbers are found where titles of tests name them", () => {
  const numbersOf = (text: string) => [...namedIn(blocksIn(text))];

  test.each([
    ['test("J1: a", f)', ["J1"]],
    ['test.each(y)(\n "J6, J24: b %s", f)', ["J6", "J24"]],
    ['it("c (T2)", { timeout: 9 }, f)', ["T2"]],
    ["it.concurrent.each([[1]])('d (trap 5, R7)', f)", ["trap 5", "R7"]],
    ["describe(`trap 12, T13: e`, () => { f(); })", ["trap 12", "T13"]],
    ['describe.skipIf(!hasRedis)("F1: f", f)', ["F1"]],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a test
    ["test(`${N} calls (F7)`, f)", ["F7"]],
    ["test.each`a | b`('L1: g', f)", ["L1"]],
  ])("%s", (text, numbers) => {
    expect(numbersOf(text)).toEqual(numbers);
  });

  test.each([
    'const x = ["J1: a", "b (J2)"];',
    'expect("J1: a").toBe(1);',
    '/^a/.test("J1: a", f);',
    '// test("J1: a", f)',
    'test("a: J1 (or J2) b", f)',
    'test("a", () => { say("J1: a"); })',
    'test.skip("J1: a", f)',
    'describe.skip("J1: a", f)',
    'test.todo("J1: a")',
    'test.fails("J1: a", f)',
    'xtest("J1: a", f)',
    'test("J1: a")',
    'test("J1: a", () => { /* later */ })',
    'test("J1: a", { skip: true }, f)',
    'test("J1: a", { timeout: 9, todo: true }, f)',
    'test.skipIf(true)("J1: a", f)',
    'describe.runIf(false)("J1: a", f)',
    'test.skip.each([1])("J1: a", f)',
  ])("and not in: %s", (text) => {
    expect(numbersOf(text)).toEqual([]);
  });
});
