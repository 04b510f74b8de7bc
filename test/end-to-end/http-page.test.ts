import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { startProcess } from "../support/process.js";
import { findOnPath } from "../support/programs.js";

const PAGE = readFileSync(new URL("../../docs/http.md", import.meta.url), "utf8");
const blocks = (language: string, text: string) =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
    .map(([, block = ""]) => block)
    .filter((block) => block.includes(text));
const COMMANDS = blocks("sh", "curl");

describe("what docs/http.md shows", () => {
  let backend: TestBackend;
  let folder: string;
  let token: string;
  beforeAll(async () => {
    backend = await startBackend();
    folder = mkdtempSync(join(tmpdir(), "peg-http-"));
    token = await tokenFor("alice");
    const peg = await backend.clientOf("alice");
    const { stats, ...analysis } = sampleAnalysis({ id: "result_123", pegs: 1 });
    const named = stats.map((row) => ({ ...row, kpi_name: "DL_Throughput_Mbps" }));
    await peg.analysis.create.mutate({ ...analysis, stats: named, name: "New tilt" });
  });
  afterAll(async () => {
    if (folder) rmSync(folder, { recursive: true, force: true });
    await backend?.stop();
  });

  const ask = (path: string) =>
    fetch(`${backend.url}/api/analysis/results/${path}`, { headers: { authorization: `Bearer ${token}` } });

  /** Headers as the page shows them, where numbers stand for numbers, and ids for ids. */
  function form(text: string): string {
    return text
      .replace(/[0-9a-f-]{36}/g, "ID")
      .replace(/\b(r|t)=\d+/g, "$1=0")
      .replace(/: \d+$/gm, ": 0");
  }

  test("is what a 202 and the limits look like", async () => {
    const response = await ask("result_123/peg-comparison?async=true");
    expect(response.status).toBe(202);
    const { headers } = response;
    const told = (...names: string[]) => names.map((name) => `${name}: ${headers.get(name)}\n`).join("");
    const [accepted = ""] = blocks("text", "202 Accepted\n");
    expect(form(`202 Accepted\n${told("Location", "Retry-After")}`)).toBe(form(accepted));
    const [limits = ""] = blocks("text", "RateLimit");
    expect(form(told("RateLimit-Policy", "RateLimit"))).toBe(form(limits));
  });

  test.for(COMMANDS)("runs: %s", { timeout: 30_000 }, async (block, { skip }) => {
    skip(!findOnPath("curl"), "there is no curl on PATH");
    const env = { URL: backend.url, TOKEN: token };
    const program = startProcess({ command: "sh", args: ["-ec", block], env, cwd: folder });
    expect((await program.waitForExit(20_000)).code).toBe(0);
    expect(program.stdout).not.toContain('"success":false');
    if (block.includes(">"))
      expect(readFileSync(join(folder, "result_123.csv"), "utf8")).toMatch(/^\uFEFFpeg_name,/);
    else expect(program.stdout).not.toBe("");
  });

  test("is answered by 304 where nothing changed, which is charged", async () => {
    const left = (response: Response) =>
      Number(/"all";r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1]);
    const first = await ask("result_123");
    const headers = {
      authorization: `Bearer ${token}`,
      "if-none-match": first.headers.get("etag") ?? "",
    };
    const second = await fetch(`${backend.url}/api/analysis/results/result_123`, { headers });
    expect(second.status).toBe(304);
    expect(left(second)).toBe(left(first) - 1);
  });
});
