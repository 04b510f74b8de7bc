import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { formatTruth } from "../../src/cli/demo/format-truth.js";
import { simulateNetwork } from "../../src/cli/demo/simulate-network.js";
import { formatComparison } from "../../src/cli/format-comparison.js";
import { createSay } from "../../src/cli/words.js";
import type { CompletedComparison } from "../../src/contract/comparison.js";
import { mcpAnswerHead, wirePegResult } from "../../src/contract/mcp-protocol.js";
import { compare } from "../../src/mcp-server/method/compare.js";
import { fixedClock } from "../mcp-server/analysis-request.js";

const { analysis, truth } = simulateNetwork();

function answer(): CompletedComparison {
  const { stats, period_info, request_params } = JSON.parse(JSON.stringify(analysis));
  const raw_data = { stats, period_info, peg_definitions: request_params.peg_definitions };
  const wire = JSON.parse(
    JSON.stringify(compare({ analysis_id: "ID", raw_data, options: {} }, fixedClock())),
  );
  const { data, algorithm_version: mcp_version = "" } = mcpAnswerHead.parse(wire);
  const pegs = wire.data.peg_comparison_results.map((peg: unknown) => wirePegResult.parse(peg));
  return {
    success: true,
    status: "COMPLETED",
    data: { ...data, analysis_id: "ID", peg_comparison_results: pegs },
    processing_time: 0,
    cached: false,
    mcp_version,
  };
}

test.each([
  ["README.md", "C"],
  ["README.ko.md", "ko_KR.UTF-8"],
])("%s shows what the demo prints", (file, LANG) => {
  const say = createSay({ LANG });
  const readme = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
  const shown = (/^```text\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? "")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replace(/\d\.\d{3}( s by|초)/, "0.000$1");
  expect(shown).toContain(formatComparison(answer(), { say, color: false }));
  expect(shown).toContain(formatTruth(truth, answer(), say));
});
