import { describe, expect, test } from "vitest";
import { z } from "zod";
import { KOREAN as CLI_KOREAN } from "../../src/cli/korean.js";
import * as contract from "../../src/contract/index.js";
import { issueWords } from "../../src/contract/issue-words.js";
import { KOREAN } from "../../src/contract/korean.js";
import { tell } from "../../src/contract/translate.js";
import { fill, type Message, verbatim } from "../../src/contract/words.js";
import { readSources } from "../layer-rules.js";

/** All sources but the tables, and what commander says; texts that go over several lines put together. */
const SAID = [
  ...readSources("src").filter(({ path }) => !path.endsWith("korean.ts")),
  ...readSources("node_modules/commander/lib"),
]
  .map(({ text }) => text.replace(/["`] \+\s+["`]/g, ""))
  .join("\n");

/** What is put together of smaller parts than these; tests of the commands see them whole. */
const JOINED = /^( more PEGs?|zero baseline|error: too many arguments for '| arguments? but got )$/;

const namesOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

describe.each([
  ["the backend", KOREAN],
  ["the command line", CLI_KOREAN],
])("each text of %s", (_, table: Record<string, string>) => {
  const texts = Object.entries(table);

  test("has a Korean one with the same values in it", () => {
    expect(texts.filter(([en, ko]) => namesOf(en).join() !== namesOf(ko).join())).toEqual([]);
    expect(texts.filter(([en]) => new Set(namesOf(en)).size !== namesOf(en).length)).toEqual([]);
  });

  test("is in Korean there, and in English where it is thrown", () => {
    // Some words are the same in both: names of columns and products, and what is only values.
    const words = (text: string) => text.replace(/\{\w+\}/g, "").replace(/\b(PEG|N-1|N|to|UTC|Redis)\b/g, "");
    expect(texts.filter(([en, ko]) => /[a-z]/i.test(words(en)) && !/[가-힣]/.test(ko))).toEqual([]);
    expect(texts.filter(([en]) => /[가-힣]/.test(en))).toEqual([]);
  });

  test("is said somewhere", () => {
    const parts = texts.flatMap(([en]) => en.split(/\{\w+\}/)).filter((part) => part.trim().length > 3);
    expect(parts.filter((part) => !SAID.includes(part) && !JOINED.test(part))).toEqual([]);
  });

  test("ends as the other does", () => {
    const end = (text: string) => /[.:]$/.exec(text)?.[0];
    expect(texts.filter(([en, ko]) => end(en) !== end(ko))).toEqual([]);
  });
});

describe("a message", () => {
  test("is told in either language, its values in it", () => {
    const message = fill("must hold at most {max} rows", { max: 7 });
    expect(tell(message, "en")).toBe("must hold at most 7 rows");
    expect(tell(message, "ko")).toBe("행은 최대 7개까지 허용됩니다");
  });

  test("that was written down in English is found again", () => {
    expect(tell(verbatim("must hold at most 7 rows"), "ko")).toBe("행은 최대 7개까지 허용됩니다");
    expect(tell(verbatim("The comparison failed."), "ko")).toBe("비교분석에 실패했습니다.");
    expect(tell(verbatim("PEG {max} of a stranger"), "ko")).toBe("PEG {max} of a stranger");
    expect(tell(verbatim("constructor"), "ko")).toBe("constructor");
  });

  test("without a Korean text, or without its values, does not compile", () => {
    // @ts-expect-error no such text
    const unknown: Message = "There is no such text.";
    // @ts-expect-error a text that needs values
    const bare: Message = "must hold at most {max} rows";
    // @ts-expect-error another name than the text has
    const misnamed = fill("must hold at most {max} rows", { min: 1 });
    expect([unknown, bare, misnamed]).toHaveLength(3);
  });
});

describe("what is wrong with a field", () => {
  const wordsOf = (schema: z.ZodType, value: unknown) => {
    const issues = schema.safeParse(value).error?.issues ?? [];
    return issues.map((issue) =>
      (["en", "ko"] as const).map((language) => tell(issueWords(issue), language)),
    );
  };
  const CANARY = "canary-4711";

  test.each<[z.ZodType, unknown, string, string]>([
    [z.object({ a: z.string() }), {}, "is missing", "필수 항목이 없습니다"],
    [z.string(), 7, "must be a string", "문자열이어야 합니다"],
    [z.number(), CANARY, "must be a number", "숫자여야 합니다"],
    [z.number().int(), 1.5, "must be an integer", "정수여야 합니다"],
    [z.boolean(), CANARY, "must be true or false", "true 또는 false여야 합니다"],
    [z.array(z.string()), CANARY, "must be a list", "목록이어야 합니다"],
    [z.record(z.string(), z.unknown()), [], "must be an object", "객체여야 합니다"],
    [z.bigint(), 1, "is of another type than it must be", "자료형이 올바르지 않습니다"],
    [z.string().min(1), "", "must not be empty", "비어 있을 수 없습니다"],
    [z.string().min(5), "abc", "must have at least 5 characters", "5자 이상이어야 합니다"],
    [z.string().max(2), CANARY, "must have at most 2 characters", "2자 이하여야 합니다"],
    [z.array(z.string()).min(2), [], "must hold at least 2 entries", "항목이 2개 이상 있어야 합니다"],
    [z.array(z.string()).max(1), ["a", "b"], "must hold at most 1 entries", "항목은 최대 1개까지 허용됩니다"],
    [z.number().min(0), -4711, "must be at least 0", "0 이상이어야 합니다"],
    [z.number().positive(), 0, "must be more than 0", "0보다 커야 합니다"],
    [z.number().max(10), 4711, "must be at most 10", "10 이하여야 합니다"],
    [z.number().lt(10), 4711, "must be less than 10", "10보다 작아야 합니다"],
    [z.number().multipleOf(5), 4711, "must be a multiple of 5", "5의 배수여야 합니다"],
    [z.uuid(), CANARY, "must be a UUID", "UUID여야 합니다"],
    [z.string().regex(/^x$/), CANARY, "is not in the form that it must have", "형식이 올바르지 않습니다"],
    [z.literal("a"), CANARY, "must be a", "a이어야 합니다"],
    [z.enum(["a", "b"]), CANARY, "must be one of a, b", "다음 중 하나여야 합니다: a, b"],
    [z.strictObject({}), { a: CANARY }, "is not a known field", "알 수 없는 필드입니다"],
    [
      z.union([z.string(), z.number()]),
      true,
      "fits none of the forms that it may have",
      "허용되는 형식 중 어느 것에도 맞지 않습니다",
    ],
    [
      z.record(z.string().max(2), z.number()),
      { [CANARY]: 1 },
      "has a name that it must not have",
      "허용되지 않는 이름입니다",
    ],
    [
      z.map(z.object({}), z.string()),
      new Map([[{}, 4711]]),
      "holds an entry that does not fit",
      "올바르지 않은 항목이 있습니다",
    ],
    [
      contract.analysisId,
      "a b",
      "must be 1 to 255 of the characters A-Z a-z 0-9 . _ : -, and not . or .. alone",
      "A-Z a-z 0-9 . _ : - 문자로 1~255자여야 하며 . 또는 ..일 수 없습니다",
    ],
  ])(
    "%#: is told in short words of both languages, without the value that was sent",
    (schema, value, en, ko) => {
      expect(wordsOf(schema, value)).toEqual([[en, ko]]);
      expect(en + ko).not.toMatch(/canary|4711/);
    },
  );

  test("is told in the words that the contract's schemas give", () => {
    const periods = { n1_start: "2024-01-02", n1_end: "2024-01-01", n_start: "x", n_end: 7 };
    const definitions = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`P${i}`, {}]));
    const found = [
      ...wordsOf(contract.analysisCreateInput, {
        stats: [{ kpi_name: "a\u0000", period: "N", avg: "1", cell_id: "c" }],
        request_params: { peg_definitions: definitions },
        period_info: periods,
      }),
      ...wordsOf(contract.periodInfo, { ...periods, n_start: "2024-01-03", n_end: "2024-01-04" }),
      ...wordsOf(contract.analysisCreateInput.shape.stats, []),
    ];
    expect(found.map(([en]) => en)).toEqual([
      "must define at most 10000 PEGs",
      "must be an ISO 8601 time, like 2024-01-15T10:35:00Z",
      "must be a Date or an ISO 8601 time",
      "must not contain control characters",
      "must be a finite number or null",
      "each period must start before it ends",
      "must hold at least one row",
    ]);
    for (const [, ko] of found) expect(ko).toMatch(/[가-힣]/);
  });
});
