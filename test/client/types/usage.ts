import { createPegClient, isPegError, type PegClient } from "../../../src/client/index.js";
import type {
  AnalysisMetadata,
  ComparisonSummary,
  PegComparisonResult,
  PegComparisonStatusOutput,
} from "../../../src/contract/comparison.js";
import type { ErrorBody, ErrorDetail } from "../../../src/contract/errors.js";
import { checked, type Equal, type Expect } from "./helpers.js";

// What a frontend writes. It has to compile; nothing runs it.

export function connect(session: { token: string; renew(): Promise<string> }): PegClient[] {
  const url = "https://peg.example.com";
  return [
    createPegClient({ url, token: session.token }),
    createPegClient({ url, token: () => session.token }),
    createPegClient({ url, token: () => session.renew(), fetch: globalThis.fetch }),
    createPegClient({ url, token: session.token, fetch: undefined }),
  ];
}

export async function readComparison(peg: PegClient): Promise<string> {
  const answer = await peg.pegComparison.get.query({ id: "result_123" });
  if (answer.status !== "COMPLETED") return `${answer.task_id}: ${answer.progress}`;
  const { data, cached, processing_time, mcp_version } = answer;
  const [first] = data.peg_comparison_results;
  checked<
    [
      Expect<Equal<typeof cached, boolean>>,
      Expect<Equal<typeof processing_time, number>>,
      Expect<Equal<typeof mcp_version, string>>,
      Expect<Equal<typeof first, PegComparisonResult | undefined>>,
      Expect<Equal<PegComparisonResult["n1_period"]["values"], number[]>>,
      Expect<Equal<PegComparisonResult["comparison"]["trend"], "up" | "down" | "stable">>,
      Expect<Equal<NonNullable<PegComparisonResult["metadata"]>["calculated_at"], Date>>,
      Expect<Equal<typeof data.summary, ComparisonSummary>>,
      Expect<Equal<typeof data.analysis_metadata, AnalysisMetadata | undefined>>,
      Expect<Equal<AnalysisMetadata["period_definition"]["n1_start"], Date>>,
    ]
  >();
  return data.summary.overall_trend;
}

export async function readMore(peg: PegClient): Promise<number> {
  await peg.pegComparison.get.query(
    { id: "a", include_metadata: false, cache_ttl: 0, async: true },
    { signal: AbortSignal.timeout(1000) },
  );
  const summary = await peg.pegComparison.summary.query({ id: "a" });
  const analysis = await peg.analysis.byId.query({ id: "a" });
  checked<
    [
      Expect<Equal<typeof summary.data.summary, ComparisonSummary>>,
      Expect<Equal<typeof summary.data.analysis_metadata.calculated_at, Date>>,
      Expect<Equal<typeof analysis.created_at, Date>>,
      Expect<Equal<typeof analysis.period_info.n_end, Date>>,
      Expect<Equal<typeof analysis.name, string | null>>,
    ]
  >();
  const { items } = await peg.analysis.list.query({});
  const series = await peg.analysis.series.query({ id: "a", peg_name: "A", points: 100 });
  const own = await peg.permission.own.query({ id: "a" });
  const [item, [first], [permission]] = [items[0], series.periods, own.permissions];
  checked<
    [
      Expect<Equal<NonNullable<typeof item>["permission_type"], "read" | "write" | "admin">>,
      Expect<Equal<NonNullable<typeof item>["comparison"]["summary"], ComparisonSummary | undefined>>,
      Expect<Equal<NonNullable<typeof first>["points"][number]["at"], Date | null>>,
      Expect<Equal<NonNullable<typeof permission>["expires_at"], Date | null>>,
      Expect<Equal<typeof own.operator, boolean>>,
    ]
  >();
  return summary.data.summary.total_pegs + analysis.rows;
}

export async function store(peg: PegClient): Promise<Date> {
  const created = await peg.analysis.create.mutate({
    name: "new carrier",
    stats: [
      { kpi_name: "RSRP", period: "N-1", avg: -98.5, cell_id: "A", timestamp: "2024-01-01T00:00:00Z" },
      { kpi_name: "RSRP", period: "N", avg: null, cell_id: "A", timestamp: new Date() },
    ],
    request_params: {
      peg_definitions: { RSRP: { weight: 5, direction: "higher_is_better", thresholds: { warn: -110 } } },
    },
    period_info: { n1_start: "2024-01-01", n1_end: new Date(), n_start: new Date(), n_end: "2024-01-14" },
  });
  return created.created_at;
}

export function follow(peg: PegClient, id: string): () => void {
  const { unsubscribe } = peg.pegComparison.watch.subscribe(
    { id, lastEventId: null },
    {
      onData: (event) => {
        checked<[Expect<Equal<typeof event, { id: string; data: PegComparisonStatusOutput }>>]>();
      },
      onError: (error) => {
        checked<[Expect<Equal<NonNullable<typeof error.data>["error"], ErrorBody>>]>();
      },
    },
  );
  return unsubscribe;
}

export function describe(error: unknown): string {
  if (isPegError(error, "API_RATE_LIMIT_EXCEEDED")) {
    const { error: body } = error.data;
    checked<
      [
        Expect<Equal<typeof body.code, "API_RATE_LIMIT_EXCEEDED">>,
        Expect<Equal<typeof body.retry_after, number | undefined>>,
      ]
    >();
    return `again in ${body.retry_after ?? 1} s`;
  }
  if (isPegError(error)) {
    const { code, message, details, request_id } = error.data.error;
    checked<
      [
        Expect<Equal<typeof code, ErrorBody["code"]>>,
        Expect<Equal<typeof message, string>>,
        Expect<Equal<typeof details, ErrorDetail[] | undefined>>,
      ]
    >();
    switch (code) {
      case "API_VALIDATION_ERROR":
        return (details ?? []).map(({ path }) => path).join();
      case "PERMISSION_DENIED":
        return message;
      default:
        return request_id;
    }
  }
  return error instanceof Error ? error.message : String(error);
}
