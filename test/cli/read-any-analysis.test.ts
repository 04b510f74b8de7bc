import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
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

  test("tell the time zone of a CSV file, be they by themselves or of an analysis", async () => {
    const path = file("counters.txt", "timestamp,cell_id,A\n2024-01-01,C1,1\n2024-01-08,C1,2\n");
    const params = { time_zone: ZONE, peg_definitions: PEG_DEFINITIONS };
    expect(await read(path, params, PERIODS)).toEqual(params);
    expect(await read(path, analysis(params), PERIODS)).toEqual(params);
    expect(await read(path, PEG_DEFINITIONS, PERIODS)).toEqual({ peg_definitions: PEG_DEFINITIONS });
  });
});
