import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkAnswer } from "../../src/adapters/mcp/check-answer.js";
import { deriveTotalTimeout } from "../../src/adapters/mcp/options.js";
import { readRefusalText } from "../../src/adapters/mcp/read-refusal.js";
import * as protocol from "../../src/contract/mcp-protocol.js";
import { compare } from "../../src/mcp-server/method/compare.js";
import { fixedClock } from "./analysis-request.js";

const PAGE = readFileSync(new URL("../../docs/analysis-service.md", import.meta.url), "utf8");
const [request = "", answer = "", status = "", refusal = ""] = [
  ...PAGE.matchAll(/^```json\n([\s\S]*?)^```$/gm),
].map(([, block = ""]) => block);
const bytesOf = (text: string) => ({ blocks: [new TextEncoder().encode(text)], length: text.length });

describe("docs/analysis-service.md", () => {
  test("shows a request, and what the bundled service answers to it", () => {
    const asked = protocol.mcpRequest.parse(JSON.parse(request));
    expect(asked).toEqual(JSON.parse(request));
    expect(JSON.parse(JSON.stringify(compare(asked, fixedClock())))).toEqual(JSON.parse(answer));
  });

  test("shows answers as the backend takes them", () => {
    expect(checkAnswer(bytesOf(answer), "result_123")).toMatchObject({ kind: "valid" });
    expect(protocol.mcpTaskStatus.parse(JSON.parse(status))).toEqual(JSON.parse(status));
    const state = JSON.stringify({ status: "COMPLETED", progress: 100, result: JSON.parse(answer) });
    expect(checkAnswer(bytesOf(state), "result_123")).toMatchObject({ kind: "valid" });
    expect(readRefusalText(refusal)).toMatchObject({
      kind: "refused",
      details: [{ path: "raw_data.stats" }],
    });
  });

  test("shows the refusal that the bundled service gives", () => {
    const asked = JSON.parse(request);
    const raw_data = { ...asked.raw_data, stats: asked.raw_data.stats.slice(0, 2) };
    const { message, details } = JSON.parse(refusal).error;
    expect(() => compare({ ...asked, raw_data }, fixedClock())).toThrow(
      expect.objectContaining({ message, details }),
    );
  });

  test("names the addresses, and how long a call may take", () => {
    for (const path of [protocol.MCP_ANALYSIS_PATH, protocol.MCP_ASYNC_PATH])
      expect(PAGE).toContain(`\`POST ${path}\``);
    expect(PAGE).toContain(`\`GET ${protocol.MCP_STATUS_PATH}/{task_id}\``);
    expect(PAGE).toContain(`: ${deriveTotalTimeout(30_000, 3, 1_000) / 1000} s unless`);
  });
});
