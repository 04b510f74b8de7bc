import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH } from "../../src/contract/mcp-protocol.js";
import { createMcpServer } from "../../src/mcp-server/server.js";
import { sampleAnalysis, startBackend, tokenFor } from "../support/backend.js";
import { cliIsBuilt, startProcess } from "../support/process.js";

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}
interface Export {
  resourceSpans: {
    resource: { attributes: Span["attributes"] };
    scopeSpans: { spans: Span[] }[];
  }[];
}

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = `00-${TRACE}-00f067aa0ba902b7-01`;
const USER = "canary-user";
const CELL = "canary-cell";

/** What a collector was sent, and what the analysis service was asked with. */
const exported: { path: string; authorization: unknown; body: Export }[] = [];
const asked: { path: string; traceparent: unknown }[] = [];
let collector: Server;
let service: Server;
const real = createMcpServer();
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    const { url: path = "", headers } = request;
    exported.push({
      path,
      authorization: headers.authorization,
      body: JSON.parse(plain.toString()) as Export,
    });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }).listen(0, "127.0.0.1");
  const { url: realUrl } = await real.listen("127.0.0.1", 0);
  service = createServer(async (request, response) => {
    const path = request.url ?? "";
    asked.push({ path, traceparent: request.headers.traceparent });
    const body = await text(request);
    const answer = await fetch(realUrl + path, {
      method: request.method ?? "GET",
      ...(body ? { body } : {}),
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  }).listen(0, "127.0.0.1");
  await Promise.all([collector, service].map((server) => server.listening || once(server, "listening")));
});
afterAll(async () => {
  collector.close();
  service.close();
  await real.close();
});

test("a call is traced through caches, database, analysis service and job, as OTLP", {
  timeout: 60_000,
}, async () => {
  const backend = await startBackend({
    MCP_URL: urlOf(service),
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20abc",
    OTEL_SERVICE_NAME: "our-backend",
  });
  const headers = {
    authorization: `Bearer ${await tokenFor(USER)}`,
    "content-type": "application/json",
    traceparent: CALLER,
  };
  const analysis = sampleAnalysis();
  for (const row of analysis.stats) row.cell_id = CELL;
  const created = await fetch(`${backend.url}/api/analysis/results`, {
    method: "POST",
    headers,
    body: JSON.stringify(analysis),
  });
  const { id } = (await created.json()) as { id: string };
  const path = `${backend.url}/api/analysis/results/${id}/peg-comparison`;
  expect((await fetch(path, { headers })).status).toBe(200);
  expect((await fetch(`${path}/recompute`, { method: "POST", headers, body: "{}" })).status).toBe(202);
  await expect
    .poll(async () => (await (await fetch(`${path}/status`, { headers })).json()) as object)
    .toMatchObject({
      status: "COMPLETED",
    });
  expect((await fetch(`${backend.url}/api/analysis/results/absent`, { headers })).status).toBe(403);
  // What is still held is sent before it ends.
  await backend.stop();

  expect(exported.length).toBeGreaterThan(0);
  expect(new Set(exported.map((one) => `${one.path} ${one.authorization}`))).toEqual(
    new Set(["/v1/traces Basic abc"]),
  );
  const told = JSON.stringify(exported);
  for (const canary of ["canary", id, headers.authorization]) expect(told).not.toContain(canary);
  expect(told).toContain("our-backend");
  const spans = exported.flatMap(({ body }) =>
    body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const above = (span: Span): string[] => {
    const parent = byId.get(span.parentSpanId ?? "");
    return parent ? [parent.name, ...above(parent)] : [];
  };
  const roads = new Set(spans.map((span) => [span.name, ...above(span)].join(" < ")));
  const get = "call pegComparison.get < request";
  const job = "job compare < database start task < call pegComparison.recompute < request";
  for (const road of [
    `shared store < ${get}`,
    `database standing < ${get}`,
    `database comparison < ${get}`,
    `database raw data < ${get}`,
    `analysis service < ${get}`,
    `database store comparison < ${get}`,
  ]) {
    expect([...roads]).toContain(road);
  }
  expect(
    [...roads].some(
      (road) =>
        /^analysis service < job compare < .*call pegComparison\.recompute < request$/.test(road) ||
        road === `analysis service < ${job}`,
    ),
  ).toBe(true);
  const failed = spans.filter(({ status }) => status.code === 2).map(({ name }) => name);
  expect(failed).toEqual(["call analysis.byId"]);

  const calls = asked.filter(({ path: one }) => [MCP_ANALYSIS_PATH, MCP_ASYNC_PATH].includes(one));
  expect(calls).toHaveLength(2);
  for (const { traceparent } of asked) {
    const [, traceId, spanId = ""] = String(traceparent).split("-");
    expect([traceId, byId.get(spanId)?.name]).toEqual([TRACE, "analysis service"]);
  }
});

test("of all traces the share that was asked for is kept, whatever callers say", {
  timeout: 60_000,
}, async () => {
  exported.length = 0;
  const backend = await startBackend({
    OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
    OTEL_TRACES_SAMPLER_ARG: "0",
  });
  await fetch(`${backend.url}/healthz`, { headers: { traceparent: CALLER } });
  await fetch(`${backend.url}/healthz`, { headers: { traceparent: "no trace" } });
  await backend.stop();
  expect(exported).toEqual([]);
});

test.skipIf(!cliIsBuilt)("nothing of OpenTelemetry's is loaded where no collector is set", async () => {
  const script = `
    const { openObservability } = await import("./dist/observability.js");
    const { parseConfig } = await import("./dist/config.js");
    await openObservability(parseConfig(process.env), "0");
    const loaded = Object.keys((await import("node:module")).default._cache);
    console.log(loaded.filter((name) => /opentelemetry.(sdk|exporter|resources|otlp)/.test(name)).length, "loaded");`;
  const run = async (env: Record<string, string>) => {
    const child = startProcess({
      command: process.execPath,
      args: ["--input-type=module", "-e", script],
      env,
    });
    const [, count] = await child.waitForLine(/^(\d+) loaded$/, 30_000);
    await child.kill();
    return Number(count);
  };
  expect(await run({})).toBe(0);
  expect(await run({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })).toBeGreaterThan(10);
});
