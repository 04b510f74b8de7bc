import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAnalysisFile } from "../../src/cli/read-analysis-file.js";
import { sampleAnalysis } from "../support/backend.js";

describe("a file of an analysis", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "peg-file-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(content: unknown): string {
    const path = join(folder, "analysis.json");
    writeFileSync(
      path,
      content instanceof Uint8Array || typeof content === "string" ? content : JSON.stringify(content),
    );
    return path;
  }

  const problems = async (content: unknown): Promise<string> => {
    const path = file(content);
    const error = await readAnalysisFile(path).then(
      () => expect.fail("was read"),
      (caught: unknown) => caught,
    );
    return String(error).replace(path, "FILE");
  };

  const asRead = JSON.parse(JSON.stringify({ ...sampleAnalysis(), id: "a" })) as object;

  test("is read from JSON and from gzipped JSON, its id by either name", async () => {
    const { id: _, ...rest } = asRead as { id: string };
    for (const content of [asRead, { ...rest, analysis_id: "a" }, gzipSync(JSON.stringify(asRead))]) {
      expect(await readAnalysisFile(file(content))).toEqual(asRead);
    }
  });

  test("that is not there, or is a folder, is said to be so", async () => {
    await expect(readAnalysisFile(join(folder, "absent"))).rejects.toThrow(
      /absent cannot be read: there is no such/,
    );
    await expect(readAnalysisFile(folder)).rejects.toThrow(/cannot be read: it is a folder/);
  });

  test("that is not UTF-8 is refused, and no character of it replaced", async () => {
    const text = JSON.stringify({ ...asRead, name: "?" });
    const [before = "", after = ""] = text.split("?");
    const cp949 = Buffer.concat([Buffer.from(before), Buffer.from([0xbc, 0xbf]), Buffer.from(after)]);
    for (const bytes of [cp949, gzipSync(cp949)]) {
      expect(await problems(bytes)).toMatch(/FILE is not UTF-8/);
    }
  });

  test("that holds something else is refused", async () => {
    for (const content of ["kpi,value\n", "", gzipSync("no JSON"), gzipSync("{}").subarray(0, 12)]) {
      expect(await problems(content)).toContain("FILE is not JSON, nor gzipped JSON");
    }
    for (const content of ["[]", "7", "null"]) {
      expect(await problems(content)).toMatch(/FILE does not hold an analysis:\n {2}- must be an object/);
    }
  });

  test("is refused with the name of every field that does not fit", async () => {
    const row = { kpi_name: "RSRP", period: "N", avg: 1, cell_id: "A" };
    const text = await problems({
      ...asRead,
      weights: {},
      stats: [row, { ...row, avg: "1" }, { ...row, period: "N+1" }, { ...row, cell: "A" }],
      period_info: { n1_start: "2024-13-01", n1_end: "2024-01-07", n_start: "2024-01-08" },
    });
    for (const line of [
      "weights: is not a known field",
      "stats.1.avg: must be a finite number or null",
      "stats.2.period: ",
      "stats.3.cell: is not a known field",
      "period_info.n1_start: must be an ISO 8601 time",
      "period_info.n_end: ",
    ]) {
      expect(text).toContain(`\n  - ${line}`);
    }
    expect(await problems({})).toContain("- stats: is missing");
  });

  test("with many faults names ten of them", async () => {
    const stats = Array.from({ length: 500 }, () => ({
      kpi_name: "RSRP",
      period: "N",
      avg: "1",
      cell_id: "A",
    }));
    const lines = (await problems({ ...asRead, stats })).split("\n");
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toBe("  and 490 more");
  });
});
