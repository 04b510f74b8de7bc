import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { CommandError } from "../../src/cli/command-error.js";
import { readAnyAnalysis } from "../../src/cli/read-any-analysis.js";
import { sayInEnglish } from "../../src/cli/words.js";
import { sampleAnalysis } from "../support/backend.js";

const ZONE = "Europe/Berlin";
const PEG_DEFINITIONS = { RSRP: { weight: 9 } };
const PERIODS = { n1: "2024-01-01/2024-01-02", n: "2024-01-08/2024-01-09" };

describe("definitions beside a file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "peg-definitions-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function file(name: string, content: unknown): string {
    const path = join(folder, name);
    const isWritten = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(path, isWritten ? content : JSON.stringify(content));
    return path;
  }
  const read = async (path: string, definitions: unknown, periods = {}) => {
    const options = { definitions: file("definitions.json", definitions), ...periods };
    return (await readAnyAnalysis(path, options, sayInEnglish)).request_params;
  };
  const analysis = (params: object) => ({ ...sampleAnalysis(), request_params: params });

  test("take the place of the file's own, whose time zone stays", async () => {
    const path = file(
      "analysis.json",
      analysis({ time_zone: ZONE, peg_definitions: { RSRP: { weight: 1 }, SINR: {} } }),
    );
    const expected = { time_zone: ZONE, peg_definitions: PEG_DEFINITIONS };
    expect(await read(path, PEG_DEFINITIONS)).toEqual(expected);
    expect(await read(path, { peg_definitions: PEG_DEFINITIONS })).toEqual(expected);
    const other = { time_zone: "Asia/Seoul", peg_definitions: PEG_DEFINITIONS };
    expect(await read(path, other)).toEqual(other);
  });

  test.each([
    ["no JSON", '{"RSRP": {"weight": 9}', "--definitions FILE is not JSON"],
    // Korean of Windows: its bytes read as UTF-8 are other names, and the PEGs would go undefined.
    ["no UTF-8", Buffer.from([0x7b, 0x22, 0xc1, 0xf6, 0x22, 0x3a, 0x7b, 0x7d, 0x7d]), "FILE is not UTF-8."],
  ])("that are %s are refused by the name of their file", async (_, content, words) => {
    const path = file("analysis.json", analysis({}));
    const failure = await read(path, content).catch((error: CommandError) => error.words(sayInEnglish));
    expect(String(failure)).toContain(words.replace("FILE", join(folder, "definitions.json")));
  });

  test("may begin with a byte order mark", async () => {
    const path = file("analysis.json", analysis({}));
    expect(await read(path, `\ufeff${JSON.stringify(PEG_DEFINITIONS)}`)).toMatchObject({
      peg_definitions: PEG_DEFINITIONS,
    });
  });

  test("tell the time zone of a CSV file, be they by themselves or of an analysis", async () => {
    const path = file("counters.txt", "timestamp,cell_id,A\n2024-01-01,C1,1\n2024-01-08,C1,2\n");
    const params = { time_zone: ZONE, peg_definitions: PEG_DEFINITIONS };
    expect(await read(path, params, PERIODS)).toEqual(params);
    expect(await read(path, analysis(params), PERIODS)).toEqual(params);
    expect(await read(path, PEG_DEFINITIONS, PERIODS)).toEqual({ peg_definitions: PEG_DEFINITIONS });
  });
});

test("what is wrong with a CSV file stands on a line of its own, below the bar", async () => {
  const folder = mkdtempSync(join(tmpdir(), "peg-bar-"));
  const path = join(folder, "bad.csv");
  writeFileSync(path, "timestamp,cell_id,A\n2024-01-01,C1,1\nyesterday,C1,2\n");
  const { isTTY } = process.stderr;
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  process.stderr.isTTY = true;
  try {
    await expect(readAnyAnalysis(path, PERIODS, sayInEnglish)).rejects.toThrow(/line 3, column timestamp/);
    const texts = written.mock.calls.map(([text]) => String(text));
    expect(texts.join("")).toContain("% read");
    expect(texts.at(-1)).toBe("\n");
  } finally {
    process.stderr.isTTY = isTTY;
    written.mockRestore();
    rmSync(folder, { recursive: true, force: true });
  }
});
