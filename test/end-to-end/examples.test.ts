import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnalysisCreateInput } from "../../src/contract/analysis.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { startProcess } from "../support/process.js";
import { findOnPath } from "../support/programs.js";

const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

const PRINTED = `DL_Throughput_Mbps      42.00 ->    47.20    +12.4 %  up      medium
Call_Drop_Rate           0.80 ->     0.60    -25.0 %  down    high
RSRP_dBm               -98.00 ->   -97.00     +1.0 %  stable  low
Overall improving: 2 improved, 0 declined, 1 stable
`;

const PROGRAMS = [
  { file: "compare.sh", command: "sh", needs: "curl", calls: 5 },
  { file: "compare.mjs", command: process.execPath, needs: "node", calls: 4 },
  { file: "compare.py", command: "python3", needs: "python3", calls: 4 },
];

const services: TestAnalysisService[] = [];
const backends: TestBackend[] = [];
afterAll(async () => {
  for (const started of [...backends, ...services]) await started.stop();
});

async function startWith(env: Record<string, string> = {}, answer?: string): Promise<TestBackend> {
  const service = await startAnalysisService();
  services.push(service);
  if (answer) service.misbehaveAlways((response) => response.end(answer));
  const backend = await startBackend({ MCP_URL: service.url, ...env });
  backends.push(backend);
  return backend;
}

test("the README shows what the examples print", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  expect(readme).toContain(`\`\`\`text\n${PRINTED}\`\`\``);
});

let usual: TestBackend;
let limited: TestBackend;
let failing: TestBackend;
beforeAll(async () => {
  // As the bundled service answers: with the judge's numbers beside.
  usual = await startWith({ ALGORITHM_VERSION: "v3.0.0" });
  limited = await startWith({ RATE_LIMIT_ALL: "1/2s" });
  failing = await startWith({}, '{ "success": true, "data": {} }');
});

describe.concurrent.each(PROGRAMS)("the example $file", ({ file, command, needs, calls }) => {
  const missing = needs !== "node" && !findOnPath(needs);
  const withIt = (name: string, body: () => Promise<void>) =>
    test(name, async ({ skip }) => {
      skip(missing, `there is no ${needs} on PATH`);
      await body();
    });

  async function run(env: Record<string, string>, folder = EXAMPLES) {
    const { HOME = "" } = process.env;
    const program = startProcess({ command, args: [join(folder, file)], env: { HOME, ...env } });
    const { code } = await program.waitForExit(18_000);
    return { code, stdout: program.stdout, stderr: program.stderr };
  }
  const to = async ({ url }: TestBackend) => ({ PEG_URL: url, PEG_TOKEN: await tokenFor(file) });

  withIt("stores an analysis, waits for its comparison, and prints a line for each PEG", async () => {
    expect(await run(await to(usual))).toEqual({ code: 0, stdout: PRINTED, stderr: "" });
  });

  withIt("prints what an error answer says, and exits with 1", async () => {
    const stderr =
      "API_AUTHENTICATION_ERROR: A valid token is needed: send it as Authorization: Bearer TOKEN.\n";
    const refused = await run({ PEG_URL: `${usual.url}/`, PEG_TOKEN: "none" });
    expect(refused).toEqual({ code: 1, stdout: "", stderr });
  });

  withIt("prints which fields do not fit", async () => {
    const folder = mkdtempSync(join(tmpdir(), "peg-examples-"));
    try {
      cpSync(EXAMPLES, folder, { recursive: true });
      const data = join(folder, "analysis.json");
      const analysis = JSON.parse(readFileSync(data, "utf8")) as AnalysisCreateInput;
      const wrong = { ...analysis, name: 7, period_info: { ...analysis.period_info, n_end: "never" } };
      writeFileSync(data, JSON.stringify(wrong));
      const { code, stdout, stderr } = await run(await to(usual), folder);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr.trimEnd().split("\n").sort()).toEqual([
        "  name: must be a string",
        "  period_info.n_end: must be an ISO 8601 time, like 2024-01-15T10:35:00Z",
        "API_VALIDATION_ERROR: The input does not fit. `details` names the fields.",
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  withIt("prints why a comparison failed, and exits with 1", async () => {
    const { code, stdout, stderr } = await run(await to(failing));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^MCP_PROCESSING_ERROR: The analysis service answered, but .+\n$/);
  });

  withIt("waits where a limit refuses it, as long as the answer says", async () => {
    const startedAt = performance.now();
    expect(await run(await to(limited))).toEqual({ code: 0, stdout: PRINTED, stderr: "" });
    expect(performance.now() - startedAt).toBeGreaterThan((calls - 1) * 2000 - 100);
  });

  withIt("says that no server can be reached", async () => {
    const { code, stderr } = await run({ PEG_URL: "http://127.0.0.1:9", PEG_TOKEN: "none" });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^(curl|ERROR): .+\n$/);
  });
});
