import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { isPegError, type PegClient } from "../../src/client/index.js";
import type { ErrorCode } from "../../src/contract/errors.js";
import type { OpenDatabase } from "../../src/db/open.js";
import {
  type Misbehaviour,
  startAnalysisService,
  type TestAnalysisService,
} from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import { openFromTemplate } from "../support/embedded-template.js";

const JSON_HEADERS = { "content-type": "application/json" };

function answers(body: string, status = 200, headers: Record<string, string> = JSON_HEADERS): Misbehaviour {
  return (response) => response.writeHead(status, headers).end(body);
}

const PERIOD = '{"avg":1,"rsd":0,"values":[1],"count":1}';
const GOOD_PEG =
  `{"peg_name":"PEG_000","weight":5,"n1_period":${PERIOD},"n_period":${PERIOD},"comparison":` +
  '{"change_percent":0,"change_absolute":0,"trend":"stable","significance":"low","confidence":0.5}}';
const GOOD = JSON.stringify({
  success: true,
  data: {
    peg_comparison_results: [JSON.parse(GOOD_PEG)],
    summary: {
      total_pegs: 1,
      improved: 0,
      declined: 0,
      stable: 1,
      weighted_avg_change: 0,
      overall_trend: "stable",
    },
    analysis_metadata: {
      calculated_at: "2024-01-15T10:35:00",
      algorithm_version: "v2.1.0",
      period_definition: {
        n1_start: "2024-01-01T00:00:00",
        n1_end: "2024-01-07T23:59:59",
        n_start: "2024-01-08T00:00:00",
        n_end: "2024-01-14T23:59:59",
      },
    },
  },
  mcp_version: "v9",
});

/** Sends the head and a part of the body, then nothing. */
const hangsInBody: Misbehaviour = (response) => {
  response.writeHead(200, { ...JSON_HEADERS, "content-length": String(GOOD.length) });
  response.write(GOOD.slice(0, 20));
};

/** A byte now and then: never silent, never done. */
const trickles: Misbehaviour = (response: ServerResponse) => {
  response.writeHead(200, { ...JSON_HEADERS, "content-length": String(GOOD.length) });
  let sent = 0;
  const timer = setInterval(() => response.write(GOOD.charAt(sent++)), 20);
  response.on("close", () => clearInterval(timer));
};

const cases: { name: string; answer: Misbehaviour; code: ErrorCode }[] = [
  { name: "resets the connection", answer: (response) => response.destroy(), code: "MCP_CONNECTION_FAILED" },
  { name: "hangs before it answers", answer: () => undefined, code: "MCP_TIMEOUT" },
  { name: "hangs within the body", answer: hangsInBody, code: "MCP_TIMEOUT" },
  { name: "trickles", answer: trickles, code: "MCP_TIMEOUT" },
  {
    name: "answers HTML",
    answer: answers("<html></html>", 200, { "content-type": "text/html" }),
    code: "MCP_PROCESSING_ERROR",
  },
  { name: "answers 500 each time", answer: answers("oh", 500), code: "MCP_PROCESSING_ERROR" },
  {
    name: "answers another shape",
    answer: answers('{"success":true,"data":{"pegs":[]}}'),
    code: "MCP_PROCESSING_ERROR",
  },
  {
    name: "answers success: false",
    answer: answers('{"success":false,"error":"no"}'),
    code: "MCP_PROCESSING_ERROR",
  },
  {
    name: "answers NaN",
    answer: answers(GOOD.replace('"avg":1', '"avg":NaN')),
    code: "MCP_PROCESSING_ERROR",
  },
  {
    name: "answers NaN as text",
    answer: answers(GOOD.replace('"avg":1', '"avg":"NaN"')),
    code: "MCP_PROCESSING_ERROR",
  },
  {
    name: "answers 70 MB",
    answer: answers(`{"x":"${"x".repeat(70_000_000)}"}`),
    code: "MCP_PROCESSING_ERROR",
  },
  {
    name: "redirects",
    answer: answers("", 302, { location: "http://127.0.0.1:1/" }),
    code: "MCP_PROCESSING_ERROR",
  },
];

describe("with an analysis service that", () => {
  let service: TestAnalysisService;
  let backend: TestBackend;
  let alice: PegClient;
  let cachedId: string;
  let database: OpenDatabase;
  let users = 0;

  const start = (env: Record<string, string>) => startBackend({ MCP_RETRIES: "1", ...env }, { database });

  beforeAll(async () => {
    database = await openFromTemplate(inject("embeddedTemplate"));
    service = await startAnalysisService();
  });
  // A backend of its own for each test: its circuit is closed.
  beforeEach(async () => {
    service.behave();
    await backend?.stop();
    backend = await start({ MCP_URL: service.url });
    alice = await backend.clientOf(`alice-${users++}`);
    ({ id: cachedId } = await alice.analysis.create.mutate(sampleAnalysis()));
    await alice.pegComparison.get.query({ id: cachedId });
  });
  afterAll(async () => {
    await backend?.stop();
    await service?.stop();
    await database?.close();
  });

  test.each(cases)(
    "U1, U5, U6: $name: $code, nothing is kept, and cached answers go on",
    async ({ answer, code }) => {
      const { id } = await alice.analysis.create.mutate(sampleAnalysis());
      const impatient = await start({
        MCP_URL: service.url,
        MCP_TIMEOUT_MS: code === "MCP_TIMEOUT" ? "200" : "10000",
      });
      try {
        service.misbehaveAlways(answer);
        const caller = await impatient.clientOf("caller", { scope: "peg:admin" });
        const error = await caller.pegComparison.get.query({ id }).catch((caught: unknown) => caught);
        if (!isPegError(error)) throw error;
        expect(error.data.error.code).toBe(code);
        expect(await caller.pegComparison.get.query({ id: cachedId })).toMatchObject({ cached: true });
        expect(impatient.runtime.services.answers.has("peg_comparison", id)).toBe(false);
      } finally {
        await impatient.stop();
      }
      // Nothing bad was stored: a backend that finds the service well computes it.
      service.behave();
      expect(await alice.pegComparison.get.query({ id })).toMatchObject({ cached: false });
    },
  );

  test("answers 500 and then as it should is asked again, and the caller notices nothing", async () => {
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    service.misbehave(answers("oh", 500));
    const before = service.calls;
    expect(await alice.pegComparison.get.query({ id })).toMatchObject({ cached: false });
    expect(service.calls - before).toBe(2);
  });

  test("is written in Python: times without a zone, more fields, fewer optional ones", async () => {
    const { id } = await alice.analysis.create.mutate(sampleAnalysis());
    service.misbehave(answers(GOOD.replace('"success":true', '"success":true,"took":NaN,"debug":{"a":[1]}')));
    const answer = await alice.pegComparison.get.query({ id });
    expect(answer).toMatchObject({
      mcp_version: "v9",
      data: { analysis_id: id, summary: { total_pegs: 1 } },
    });
    if (answer.status !== "COMPLETED") throw new Error("not completed");
    expect(answer.data.analysis_metadata?.calculated_at).toEqual(new Date("2024-01-15T10:35:00Z"));
    expect(answer.data.peg_comparison_results[0]).not.toHaveProperty("metadata");
    expect(await alice.pegComparison.get.query({ id })).toEqual({ ...answer, cached: true });
  });

  test("U11: is not there at all: MCP_CONNECTION_FAILED, and readiness says so once the circuit opens", async () => {
    await backend.stop();
    backend = await start({ MCP_URL: "http://127.0.0.1:1", MCP_RETRIES: "0" });
    const owner = await backend.clientOf("owner");
    const { id } = await owner.analysis.create.mutate(sampleAnalysis());
    for (let i = 0; i < 30 && backend.runtime.services.analysisService.state() !== "open"; i++) {
      const caller = await backend.clientOf(`caller-${i}`, { scope: "peg:admin" });
      const error = await caller.pegComparison.get.query({ id }).catch((caught: unknown) => caught);
      expect(isPegError(error, "MCP_CONNECTION_FAILED")).toBe(true);
    }
    const ready = await fetch(`${backend.url}/readyz`);
    expect(await ready.json()).toMatchObject({
      status: "degraded",
      dependencies: { analysis_service: "away" },
    });
  });
});
