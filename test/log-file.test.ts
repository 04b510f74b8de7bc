import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseConfig } from "../src/config.js";
import { openLogFile } from "../src/log-file.js";
import { openObservability } from "../src/observability.js";
import { startBackend, TEST_ENV } from "./support/backend.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peg-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const linesOf = (name: string) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);

test("a log file is put aside when it is large, and so many are kept", async () => {
  const file = openLogFile({ path: join(folder, "logs", "peg.log"), maxMegabytes: 1, keep: 2 });
  const padding = "x".repeat(1_000);
  for (let i = 0; i < 4_500; i++) {
    file.write(`${i} ${padding}\n`);
    // As lines come in truth: over many turns of the event loop.
    if (i % 100 === 0) await new Promise(setImmediate);
  }
  await file.close();
  const names = readdirSync(join(folder, "logs")).sort();
  expect(names).toEqual(["peg.log", "peg.log.1", "peg.log.2"]);
  const numbers = ["peg.log.2", "peg.log.1", "peg.log"].flatMap((name) =>
    linesOf(`logs/${name}`).map((line) => Number.parseInt(line, 10)),
  );
  // The newest are there without a gap, the oldest are gone.
  expect(numbers.at(-1)).toBe(4_499);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 4_500 - numbers.length + i));
  expect(numbers.length).toBeLessThan(4_500);
  expect(statSync(join(folder, "logs/peg.log")).mode & 0o077).toBe(0);
});

test("a log file that cannot be written is tried again", async () => {
  const path = join(folder, "logs", "peg.log");
  const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const file = openLogFile({ path, maxMegabytes: 1, keep: 1, retryMs: 20 });
  await vi.waitFor(() => readFileSync(path));
  // What stands in its place is no file, so that the next one cannot be begun.
  rmSync(join(folder, "logs"), { recursive: true });
  writeFileSync(join(folder, "logs"), "");
  await vi.waitFor(
    async () => {
      file.write(`${"x".repeat(300_000)}\n`);
      expect(told).toHaveBeenCalledWith(expect.stringMatching(/peg\.log cannot be written .* are lost/));
    },
    { timeout: 20_000 },
  );
  rmSync(join(folder, "logs"));
  mkdirSync(join(folder, "logs"));
  await vi.waitFor(
    () => {
      file.write("back\n");
      expect(linesOf("logs/peg.log")).toContain("back");
    },
    { timeout: 20_000 },
  );
  told.mockRestore();
  await file.close();
});

test("LOG_FILE takes what would go to standard error, to the last line", { timeout: 60_000 }, async () => {
  const path = join(folder, "peg.log");
  const backend = await startBackend({ LOG_LEVEL: "info", LOG_FILE: path });
  const client = await backend.clientOf("anna");
  await client.analysis.list.query({});
  await backend.stop();
  const events = linesOf("peg.log").map((line) => (JSON.parse(line) as { event?: string }).event);
  expect(events).toEqual(expect.arrayContaining(["peg_comparison_request", "peg_comparison_response"]));
});

test("a log file whose folder cannot be is told before anything starts", async () => {
  writeFileSync(join(folder, "no-folder"), "");
  const config = parseConfig({ ...TEST_ENV, LOG_FILE: join(folder, "no-folder", "peg.log") });
  await expect(openObservability(config, "0.0.0")).rejects.toThrow(
    /LOG_FILE: it or its folder cannot be written \(E/,
  );
});

test("a log file in whose place is a folder is told before anything starts", async () => {
  const config = parseConfig({ ...TEST_ENV, LOG_FILE: folder });
  await expect(openObservability(config, "0.0.0")).rejects.toThrow(
    "LOG_FILE: it or its folder cannot be written (EISDIR)",
  );
});
