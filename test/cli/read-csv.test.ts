import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseTimeRange, readCsv } from "../../src/cli/read-csv.js";

const PERIODS = {
  "N-1": { start: new Date("2024-01-01"), end: new Date("2024-01-02") },
  N: { start: new Date("2024-01-08"), end: new Date("2024-01-09") },
};
const HEADER = "timestamp,cell_id,처리율\n";
const TEXT = `${HEADER}2024-01-01,셀,1\n2024-01-08,셀,2\n`;
const CP949_CELL = Buffer.from([0xbc, 0xbf]);

describe("a period on the command line", () => {
  test.each([
    ["2024-01-01/2024-01-07", "2024-01-01T00:00:00.000Z", "2024-01-07T23:59:59.999Z"],
    ["2024-01-01/2024-01-01", "2024-01-01T00:00:00.000Z", "2024-01-01T23:59:59.999Z"],
    ["2024-01-01/2024-01-07T00:00", "2024-01-01T00:00:00.000Z", "2024-01-07T00:00:00.000Z"],
    ["2024-01-01T09:00+09:00/2024-01-01T12:00Z", "2024-01-01T00:00:00.000Z", "2024-01-01T12:00:00.000Z"],
  ])("%s has both its ends, and of a date alone the whole day", (text, start, end) => {
    expect(parseTimeRange("--n1", text)).toEqual({ start: new Date(start), end: new Date(end) });
  });

  test.each(["2024-01-02/2024-01-01", "2024-01-01", "2024-01-01/", "2024-01-01/2024-02-30", "a/b/c"])(
    "%s is refused",
    (text) => {
      expect(() => parseTimeRange("--n1", text)).toThrow(/^--n1 .*: give START\/END/);
    },
  );
});

describe("reading a CSV file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "peg-read-csv-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function read(name: string, content: Uint8Array | string) {
    const path = join(folder, name);
    writeFileSync(path, content);
    const { stats } = await readCsv(path, PERIODS);
    return stats.map(({ kpi_name, cell_id, avg }) => [kpi_name, cell_id, avg]);
  }
  const VALUES = [
    ["처리율", "셀", 1],
    ["처리율", "셀", 2],
  ];

  test("takes UTF-8 and what Excel writes as Unicode text, and unpacks either", async () => {
    const utf16 = Buffer.from(`\ufeff${TEXT.replaceAll(",", "\t")}`, "utf16le");
    for (const bytes of [
      Buffer.from(TEXT),
      Buffer.from(`\ufeff${TEXT}`),
      utf16,
      Buffer.from(utf16).swap16(),
    ]) {
      expect(await read("a.csv", bytes)).toEqual(VALUES);
      expect(await read("a.csv.gz", gzipSync(bytes))).toEqual(VALUES);
    }
  });

  test("replaces no character of another encoding: it says what to do", async () => {
    const [before = "", after = ""] = TEXT.split("셀,1");
    const cp949 = Buffer.concat([Buffer.from(before), CP949_CELL, Buffer.from(`,1${after}`)]);
    for (const bytes of [cp949, Buffer.from(TEXT).subarray(0, 22), Buffer.from(TEXT, "utf16le")]) {
      await expect(read("other.csv", bytes)).rejects.toThrow(
        /other\.csv is not UTF-8[\s\S]*iconv -f CP949 -t UTF-8/,
      );
    }
  });

  test("takes a character whose bytes lie in two pieces of the file", async () => {
    const lines = "2024-01-01,셀,1\n".repeat(8000);
    // 64 kB are a piece, and no line fits into them evenly.
    expect(new Set((await read("long.csv", HEADER + lines)).map(([, cell]) => cell))).toEqual(
      new Set(["셀"]),
    );
  });

  test("takes long lines in their stride, and refuses what is one line without an end", async () => {
    const names = Array.from({ length: 9_000 }, (_, i) => `a KPI with a long name, number ${i}`);
    const header = `timestamp,cell_id,${names.map((name) => `"${name}"`).join(",")}\n`;
    const line = `2024-01-01,C1,${names.map((_, i) => i).join(",")}\n`;
    const began = process.cpuUsage();
    expect(await read("wide.csv", `\n\n${header}${line}`)).toHaveLength(9_000);
    const endless = `x${"y".repeat(3_000_000)}`;
    await expect(read("endless.csv", endless)).rejects.toThrow(
      /endless\.csv does not fit: line 1 is not CSV/,
    );
    await expect(read("endless.csv.gz", gzipSync(endless))).rejects.toThrow(/line 1 is not CSV/);
    // It took minutes of the processor, as each character was looked at from each other one.
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10);
  });

  test("tells by the first line what divides fields, and takes decimal commas where it is no comma", async () => {
    const text = "timestamp;cell_id;A\n2024-01-01;C1;12,5\n2024-01-08;C1;3\n";
    for (const delimiter of [";", "\t"]) {
      expect(await read("a.csv", text.replaceAll(";", delimiter))).toEqual([
        ["A", "C1", 12.5],
        ["A", "C1", 3],
      ]);
    }
    expect(await read("a.csv", `\ufeffsep=;\n${text}`.replaceAll("\n", "\r\n"))).toEqual(
      await read("a.csv", text),
    );
    await expect(read("a.csv", `sep=;\n${text.replace(";3", ";x")}`)).rejects.toThrow(/line 4, column A/);
    await expect(read("a.csv", text.replace("12,5", "1,234"))).rejects.toThrow(
      /line 2, column A: has a comma that may stand for thousands or decimals/,
    );
  });

  test("says where points may divide thousands, as spreadsheets show counters where the comma is for decimals", async () => {
    const of = (...values: string[]) =>
      `timestamp;cell_id;A;B\n${values.map((value, i) => `2024-01-0${i ? 8 : 1};C1;${value};7.125\n`).join("")}`;
    await expect(read("a.csv", of("950", "1.234"))).rejects.toThrow(
      /line 3, column A: has a point that may stand for thousands or decimals/,
    );
    // A number that is surely none, a thousand without a point, or decimals in all: then it is what it looks like.
    for (const values of [
      ["0.5", "1.234"],
      ["1000", "1.234"],
      ["2.345", "1.234"],
    ]) {
      const numbers = (await read("a.csv", of(...values))).filter(([kpi]) => kpi === "A");
      expect(numbers.map(([, , avg]) => avg)).toEqual(values.map(Number));
    }
    expect(await read("a.csv", of("950", "1.234").replaceAll(";", ","))).toContainEqual(["A", "C1", 1.234]);
  });
});
