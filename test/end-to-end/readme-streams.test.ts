import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { startProcess } from "../support/process.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(REPOSITORY, "README.md"), "utf8");

/** The one block of the README in a language that holds a text. */
function blockWith(language: string, text: string): string {
  const blocks = [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))];
  const found = blocks.map(([, code = ""]) => code).filter((code) => code.includes(text));
  if (found.length !== 1) throw new Error(`${found.length} blocks of the README hold ${text}`);
  return found[0] as string;
}

describe("what the README shows of a comparison in progress", () => {
  let service: TestAnalysisService;
  let backend: TestBackend;
  let folder: string;
  beforeAll(async () => {
    service = await startAnalysisService();
    backend = await startBackend({ MCP_URL: service.url });
    // Inside the repository, where the packages are found as in a project of their own.
    folder = mkdtempSync(join(REPOSITORY, "node_modules", ".readme-"));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await backend?.stop();
    await service?.stop();
  });

  /** Starts a task that is held at 30 % of what the analysis service does. */
  async function heldTask(id: string): Promise<() => void> {
    const peg = await backend.clientOf("alice");
    service.tellProgress(30);
    const release = service.hold();
    await peg.analysis.create.mutate(sampleAnalysis({ id }));
    await peg.pegComparison.get.query({ id, async: true });
    return release;
  }
  const env = async () => ({ TOKEN: await tokenFor("alice") });
  const ours = (code: string, id: string) =>
    code.replaceAll("http://127.0.0.1:3000", backend.url).replaceAll("result_123", id);

  test("an upstream tRPC client sees live", async () => {
    const release = await heldTask("by-client");
    const file = join(folder, "watch.mjs");
    writeFileSync(file, ours(blockWith("js", "httpSubscriptionLink"), "by-client"));
    const program = startProcess({ command: process.execPath, args: [file], env: await env() });
    await program.waitForLine(/^PROCESSING 50$/);
    release();
    await program.waitForLine(/^COMPLETED 100$/);
    expect(await program.waitForExit()).toEqual({ code: 0, signal: null });
  });

  test("curl shows live", async () => {
    const release = await heldTask("by-curl");
    const block = ours(blockWith("sh", "curl -N"), "by-curl");
    const command = block.slice(0, block.indexOf("npx peg-bff"));
    const program = startProcess({ command: "sh", args: ["-c", command], env: await env() });
    await program.waitForLine(/"progress":50,.*"status":"PROCESSING"/);
    release();
    await program.waitForLine(/"progress":100,.*"status":"COMPLETED"/);
    expect(await program.waitForExit()).toEqual({ code: 0, signal: null });
  });
});
