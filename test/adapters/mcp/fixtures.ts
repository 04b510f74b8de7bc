import { createAnalysisService } from "../../../src/adapters/mcp/analysis-service.js";
import type { AnalysisServiceOptions } from "../../../src/adapters/mcp/options.js";
import type { PackedSeries, RawData, SampleSeries } from "../../../src/domain/analysis/raw-data.js";
import { PegError } from "../../../src/domain/errors.js";
import type { AnalysisService, ComparisonRequest } from "../../../src/domain/ports.js";

export const CELL = "CELL-SECRET-7";
export const TOKEN = "token-secret-42";

/** Series as the database gives them. */
export function packSeries(series: readonly SampleSeries[]): PackedSeries {
  const timed = series.filter(({ times }) => times !== undefined);
  return {
    kpiNames: series.map(({ kpiName }) => kpiName),
    periods: series.map(({ period }) => period),
    counts: Uint32Array.from(series, ({ values }) => values.length),
    timed: Uint8Array.from(series, ({ times }) => (times ? 1 : 0)),
    values: Float64Array.from(series.flatMap(({ values }) => [...values])),
    cells: Uint32Array.from(series.flatMap(({ cells }) => [...cells])),
    times: Float64Array.from(timed.flatMap(({ times }) => [...(times ?? [])])),
  };
}

export function rawData(): RawData {
  const series = (period: "N-1" | "N", values: number[]) => ({
    kpiName: "PEG_0",
    period,
    values: Float64Array.from(values),
    cells: new Uint32Array(values.length),
  });
  return {
    cells: [CELL],
    series: packSeries([series("N-1", [97, 97.1, 97.2]), series("N", [99, 99.1, 99.2])]),
    pegDefinitions: { PEG_0: { weight: 5 } },
    periodInfo: {
      n1_start: new Date("2024-01-01T00:00:00Z"),
      n1_end: new Date("2024-01-07T23:59:59Z"),
      n_start: new Date("2024-01-08T00:00:00Z"),
      n_end: new Date("2024-01-14T23:59:59Z"),
    },
  };
}

export const request = (change: Partial<ComparisonRequest> = {}): ComparisonRequest => ({
  analysisId: "result_123",
  data: rawData(),
  algorithmVersion: "v2.1.0",
  requestId: "req-1",
  ...change,
});

/** A service with waits of a few ms. The circuit is out of the way unless a test sets it. */
export function serviceAt(
  url: AnalysisServiceOptions["url"],
  options: Partial<AnalysisServiceOptions> = {},
): AnalysisService {
  return createAnalysisService({
    url,
    timeoutMs: 2_000,
    retries: 3,
    retryBaseMs: 2,
    circuit: { consecutiveFailures: 1_000, ratioMinimum: 1_000 },
    codecThread: undefined,
    ...options,
  });
}

/** The PegError that a call ends with; fails the test where it ends otherwise. */
export async function failureOf(call: Promise<unknown>): Promise<PegError> {
  const outcome = await call.then(
    () => "a comparison",
    (error: unknown) => error,
  );
  if (outcome instanceof PegError) return outcome;
  throw new Error(`not a PegError: ${String(outcome)}`, { cause: outcome });
}

/** Threads run compiled code only: `npm test` builds first. */
export const CODEC_THREAD = new URL("../../../dist/bundle/codec-thread.js", import.meta.url);
