import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Refused } from "../../src/dashboard/upload/refused.js";
import { textOf } from "../../src/dashboard/upload/text-of.js";
import { say } from "../../src/dashboard/words/say.js";

const HEADER = "timestamp,셀,A\n";
/** The header as Excel writes it for "CSV (comma delimited)" on a Korean Windows. */
const CP949 = Buffer.concat([Buffer.from("timestamp,"), Buffer.from([0xbc, 0xbf]), Buffer.from(",A\n")]);
/** As Excel writes "Unicode text". */
const UTF_16 = Buffer.from(`\ufeff${HEADER}`, "utf16le");

async function refusalOf(file: Blob, maxBytes?: number): Promise<string> {
  const error: unknown = await textOf(file, maxBytes).then(
    () => expect.fail("was read"),
    (caught: unknown) => caught,
  );
  if (!(error instanceof Refused)) throw error;
  return error.text(say.en, "en");
}

describe("the text of a file", () => {
  test.each<[string, Uint8Array, boolean]>([
    ["UTF-8", Buffer.from(HEADER), false],
    ["UTF-8 with a mark", Buffer.from(`\ufeff${HEADER}`), false],
    ["UTF-16 with a mark", UTF_16, false],
    ["UTF-16 with the mark of the other order", Buffer.from(UTF_16).swap16(), false],
    ["Korean of Windows", CP949, true],
  ])("is read as %s, gzipped or not", async (_, bytes, isKorean) => {
    for (const content of [bytes, gzipSync(bytes)]) {
      expect(await textOf(new Blob([content]))).toEqual({ text: HEADER, isKorean });
    }
  });

  test("of several pieces is read over their seams", async () => {
    // 64 kB are a piece: in one of these files a character lies across.
    for (const start of ["", "x"]) {
      const text = start + "셀".repeat(50_000);
      expect((await textOf(new Blob([text]))).text).toBe(text);
    }
  });

  test.each<[string, Uint8Array]>([
    ["neither UTF-8 nor Korean", Buffer.from([0x54, 0xe9, 0x72, 0x0a])],
    ["a workbook", Buffer.from([0x50, 0x4b, 3, 4, 0x14, 0, 6, 0, 8, 0, 0, 0, 0x21, 0])],
    ["UTF-16 without a mark", UTF_16.subarray(2)],
  ])("that is %s is refused with what to do", async (_, bytes) => {
    expect(await refusalOf(new Blob([bytes]))).toMatch(/CSV UTF-8/);
  });

  test("that is damaged as gzip, or cut, is refused as such", async () => {
    for (const bytes of [Buffer.from([0x1f, 0x8b, 1, 2]), gzipSync(HEADER).subarray(0, 25)]) {
      expect(await refusalOf(new Blob([bytes]))).toMatch(/cannot be unpacked/);
    }
  });

  test("that is too large, or unpacks to too much, is refused with its bound", async () => {
    const large = Buffer.alloc(1_000_001, "1,");
    expect(await refusalOf(new Blob([large]), 1_000_000)).toMatch(/larger than 1 MB/);
    expect(await refusalOf(new Blob([gzipSync(large)]), 1_000_000)).toMatch(/unpacks to more than 1 MB/);
    expect((await textOf(new Blob([large]), 1_000_001)).text).toHaveLength(1_000_001);
  });

  test("that is gone is not called damaged", async () => {
    const gone = () => {
      throw new DOMException("could not be read", "NotReadableError");
    };
    const bytes = gzipSync(HEADER);
    const file = Object.assign(new Blob([bytes]), { stream: () => new ReadableStream({ pull: gone }) });
    expect(await refusalOf(file)).toMatch(/can no longer be read/);
    expect(await refusalOf(Object.assign(new Blob([bytes]), { slice: gone }))).toMatch(
      /can no longer be read/,
    );
  });
});
