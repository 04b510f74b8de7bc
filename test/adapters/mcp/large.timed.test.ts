import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { createCodecPool } from "../../../src/adapters/mcp/codec-pool.js";
import { DEFAULT_MAX_ANSWER_BYTES } from "../../../src/adapters/mcp/options.js";
import { buildRequestBody } from "../../../src/adapters/mcp/request-body.js";
import type { RawData } from "../../../src/domain/analysis/raw-data.js";
import { goodAnswer } from "./fake-service.js";
import { CODEC_THREAD, packSeries, rawData, request, serviceAt } from "./fixtures.js";

const ROWS = 500_000;
const HOLD_MS = 100;

/** The quietest of up to five runs: other programs on the machine can only make it look worse. */
async function quietest<T>(name: string, work: () => Promise<T>): Promise<{ result: T; hold: number }> {
  let best = await withHold(name, work);
  for (let run = 2; run <= 5 && best.hold >= HOLD_MS; run++) {
    const next = await withHold(name, work);
    if (next.hold < best.hold) best = next;
  }
  return best;
}

/** Runs `work` while a timer of 5 ms says how long the event loop was held at most. */
async function withHold<T>(name: string, work: () => Promise<T>): Promise<{ result: T; hold: number }> {
  let last = performance.now();
  let hold = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    hold = Math.max(hold, now - last - 5);
    last = now;
  }, 5);
  const started = performance.now();
  const result = await work();
  const took = performance.now() - started;
  // What held the loop to the very end would otherwise go unseen.
  hold = Math.max(hold, performance.now() - last - 5);
  clearInterval(timer);
  console.log(`${name}: ${took.toFixed(0)} ms, event loop held at most ${hold.toFixed(1)} ms`);
  return { result, hold };
}

/** 500,000 rows: 50 KPIs, 2 periods, 200 cells, 25 hours, with times. */
function manyRows(): RawData {
  const perSeries = ROWS / 100;
  const cells = Array.from({ length: 200 }, (_, i) => `CELL-${i}`);
  const hour = 3_600_000;
  const series = Array.from({ length: 100 }, (_, s) => ({
    kpiName: `KPI_${s >> 1}`,
    period: s % 2 === 0 ? ("N-1" as const) : ("N" as const),
    values: Float64Array.from({ length: perSeries }, (_, i) => 95 + Math.sin(i * s) * 4),
    cells: Uint32Array.from({ length: perSeries }, (_, i) => i % cells.length),
    times: Float64Array.from({ length: perSeries }, (_, i) => Date.UTC(2024, 0, 1) + (i % 25) * hour),
  }));
  return { ...rawData(), cells, series: packSeries(series) };
}

it("encodes 500,000 rows without holding the event loop", async () => {
  const data = manyRows();
  const input = { analysisId: "a", data, algorithmVersion: "v2.1.0" };
  const { result, hold } = await quietest("encode 500,000 rows", () => buildRequestBody(input));
  console.log(`request: ${(result.length / 1e6).toFixed(1)} MB`);
  expect(hold).toBeLessThan(HOLD_MS);
  expect(JSON.parse(Buffer.concat(result.chunks).toString()).raw_data.stats).toHaveLength(ROWS);
});

/** An answer of 500,000 values with all their digits: 50 PEGs, 5,000 values a period. */
function manyValues(): Buffer {
  const answer = goodAnswer(50, ROWS / 100);
  for (const [at, peg] of answer.data.peg_comparison_results.entries()) {
    for (const side of [peg.n1_period, peg.n_period]) {
      side.values = side.values.map((_: number, i: number) => 95 + Math.sin(i * (at + 1)) * 4);
    }
  }
  return Buffer.from(JSON.stringify(answer));
}

it("checks an answer of 500,000 values on the thread without holding the event loop", async () => {
  const text = manyValues();
  const pool = createCodecPool(CODEC_THREAD);
  const { result, hold } = await quietest(`check ${(text.length / 1e6).toFixed(1)} MB`, () =>
    pool.check({ blocks: [new Uint8Array(text)], length: text.length }, "result_123"),
  );
  await pool.close();
  expect(result.kind).toBe("valid");
  expect(hold).toBeLessThan(HOLD_MS);
});

/** A service of its own thread, so that only the adapter is measured. It tells each request's bytes. */
const SERVICE = `
  const { createServer } = require("node:http");
  const { parentPort, workerData } = require("node:worker_threads");
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (data) => (bytes += data.length));
    request.on("end", () => { parentPort.postMessage({ bytes }); response.end(workerData); });
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port }));
`;

it("compares 500,000 rows, from columns to a checked comparison, without holding the event loop", async () => {
  const data = manyRows();
  const server = new Worker(SERVICE, { eval: true, workerData: manyValues() });
  const [{ port }] = await once(server, "message");
  const received = once(server, "message");
  const service = serviceAt(`http://127.0.0.1:${port}`, { timeoutMs: 15_000, codecThread: CODEC_THREAD });
  try {
    const { result, hold } = await quietest("whole call", () => service.compare(request({ data })));
    expect(result.pegs).toHaveLength(50);
    expect((await received)[0].bytes).toBeGreaterThan(50_000_000);
    expect(hold).toBeLessThan(HOLD_MS);
  } finally {
    await service.close();
    await server.terminate();
  }
});

it("refuses the answer that unfolds most of all that are small enough, and checks the next one", async () => {
  const bytesOf = (text: string) => {
    const bytes = new Uint8Array(Buffer.from(text));
    return { blocks: [bytes], length: bytes.length };
  };
  const pool = createCodecPool(CODEC_THREAD);
  const fill = Math.floor((DEFAULT_MAX_ANSWER_BYTES - 100) / 3);
  const bomb = bytesOf(`{"success":true,"data":{"peg_comparison_results":[${"{},".repeat(fill)}{}]}}`);
  expect((await pool.check(bomb, "result_123")).kind).not.toBe("valid");
  const next = bytesOf(JSON.stringify(goodAnswer(20, 5_000)));
  expect((await pool.check(next, "result_123")).kind).toBe("valid");
  await pool.close();
});
