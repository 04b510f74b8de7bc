import type { ErrorCode } from "../../contract/errors.js";

const AT = "2024-01-15T10:35:00.000Z";
const TASK_ID = "6f1c6a52-3c8e-4a57-9f2b-0d9d5d3b8a11";

const periods = {
  n1_start: "2024-01-01T00:00:00.000Z",
  n1_end: "2024-01-07T23:59:59.000Z",
  n_start: "2024-01-08T00:00:00.000Z",
  n_end: "2024-01-14T23:59:59.000Z",
};
const rawData = {
  stats: [
    {
      kpi_name: "DL_Throughput_Mbps",
      period: "N-1",
      avg: 40,
      cell_id: "C1",
      timestamp: "2024-01-01T00:00:00Z",
    },
    {
      kpi_name: "DL_Throughput_Mbps",
      period: "N",
      avg: 46,
      cell_id: "C1",
      timestamp: "2024-01-08T00:00:00Z",
    },
  ],
  request_params: {
    peg_definitions: { DL_Throughput_Mbps: { weight: 8, direction: "higher_is_better" } },
  },
  period_info: periods,
};
const summary = {
  total_pegs: 1,
  improved: 1,
  declined: 0,
  stable: 0,
  weighted_avg_change: 15,
  overall_trend: "improving",
  judge: {
    verdict: "insufficient_data",
    reason: "nothing_tested",
    sentence: {
      en: "Not enough data: no PEG could be tested.",
      ko: "데이터 부족: 검정할 수 있는 PEG가 없습니다.",
    },
    counts: {
      improved: 0,
      declined: 0,
      minor: 0,
      stable: 0,
      inconclusive: 0,
      insufficient_data: 1,
      changed: 0,
      unchanged: 0,
    },
    tested: 0,
    tested_critical: 0,
    share_inconclusive: 0,
    share_insufficient: 1,
    time_zone: "UTC",
    method_version: "v3.0.0",
    settings_hash: "4d2f0a1c6b7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718",
  },
};
const metadata = {
  calculated_at: AT,
  algorithm_version: "v3.0.0",
  period_definition: periods,
  skipped_pegs: [],
};
const computation = { processing_time: 0.015, cached: true, mcp_version: "v3.0.0" };
const comparison = {
  success: true,
  status: "COMPLETED",
  data: {
    analysis_id: "result_123",
    peg_comparison_results: [
      {
        peg_name: "DL_Throughput_Mbps",
        weight: 8,
        n1_period: { avg: 40, rsd: 0, values: [40], count: 1 },
        n_period: { avg: 46, rsd: 0, values: [46], count: 1 },
        comparison: {
          change_percent: 15,
          change_absolute: 6,
          trend: "up",
          significance: "medium",
          confidence: 0.51,
        },
        metadata: { cell_id: "C1", calculated_at: AT, data_quality: "medium" },
        judge: {
          verdict: "insufficient_data",
          reason: "too_few_samples",
          sentence: {
            en: "Not enough data: 1 usable, at least 134 more are needed.",
            ko: "데이터 부족: 사용 가능한 표본 1개, 최소 134개가 더 필요합니다.",
          },
          direction: "higher_is_better",
          kind: "gauge",
          critical: false,
          band_percent: 5,
          design: "paired_by_week",
          scale: "log",
          change_percent: null,
          n: 1,
          n_eff: 0,
          needed: 134,
          dropped: [],
          warnings: [],
        },
      },
    ],
    summary,
    analysis_metadata: metadata,
  },
  ...computation,
};
const pending = {
  success: true,
  task_id: TASK_ID,
  status: "PROCESSING",
  progress: 35,
  estimated_completion: AT,
};
const counts = { data_version: 1, rows: 2, pegs: 1, cells: 1, created_at: AT };
const analysis = { id: "result_123", name: "Tilt of sector 3", ...counts };
const described = { ...analysis, updated_at: AT, period_info: periods };
const permission = {
  user_id: "bob",
  permission_type: "read",
  granted_at: AT,
  granted_by: "alice",
  expires_at: null,
};

interface Example {
  /** What a caller sends besides the path. */
  request?: object;
  /** What comes back, at the route's first status. */
  answer: object;
}

/** One of each procedure; together they are the story of one analysis. */
export const EXAMPLES: Record<string, Example> = {
  "analysis.create": {
    request: { id: "result_123", name: "Tilt of sector 3", ...rawData },
    answer: analysis,
  },
  "analysis.list": {
    answer: {
      items: [
        {
          ...described,
          permission_type: "admin",
          comparison: { status: "COMPLETED", progress: 100, summary },
        },
      ],
      next_cursor: null,
    },
  },
  "analysis.byId": { answer: { ...described, request_params: rawData.request_params } },
  "analysis.series": {
    answer: {
      id: "result_123",
      peg_name: "DL_Throughput_Mbps",
      data_version: 1,
      timed: true,
      periods: [
        {
          period: "N-1",
          samples: 1,
          thinned: false,
          points: [{ at: periods.n1_start, mean: 40, min: 40, max: 40, count: 1 }],
        },
        {
          period: "N",
          samples: 1,
          thinned: false,
          points: [{ at: periods.n_start, mean: 46, min: 46, max: 46, count: 1 }],
        },
      ],
    },
  },
  "analysis.replaceData": {
    request: { data_version: 1, ...rawData },
    answer: { ...analysis, data_version: 2 },
  },
  "analysis.delete": { answer: { id: "result_123", deleted: true } },
  "pegComparison.get": { answer: comparison },
  "pegComparison.summary": {
    answer: {
      success: true,
      data: { analysis_id: "result_123", summary, analysis_metadata: metadata },
      ...computation,
    },
  },
  "pegComparison.status": { answer: pending },
  "pegComparison.watch": { answer: pending },
  "pegComparison.recompute": { request: {}, answer: { ...pending, status: "PENDING", progress: 0 } },
  "permission.list": { answer: { permissions: [permission], next_cursor: null } },
  "permission.own": {
    answer: { operator: false, permissions: [{ permission_type: "read", expires_at: null }] },
  },
  "permission.grant": { request: { permission_type: "read" }, answer: permission },
  "permission.revoke": { answer: { revoked: true } },
  "audit.list": {
    answer: {
      entries: [
        {
          at: AT,
          actor_id: "alice",
          action: "create",
          analysis_id: "result_123",
          request_id: TASK_ID,
          details: { rows: 2 },
        },
      ],
      next_cursor: null,
    },
  },
};

/** A comparison that is still to come. */
export const PENDING_EXAMPLE = pending;

/** Values of the parameters in paths and queries, by name. */
export const PARAMETER_EXAMPLES: Record<string, unknown> = {
  id: "result_123",
  user_id: "bob",
  task_id: TASK_ID,
  permission_type: "read",
  peg_name: "DL_Throughput_Mbps",
};

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  API_VALIDATION_ERROR: "The input does not fit. `details` names the fields.",
  PERMISSION_DENIED: "You have no permission for this. Ask an admin of the analysis to grant it.",
  ANALYSIS_NOT_FOUND: "There is no such analysis. Check its id.",
};

/** What an error looks like. */
export function errorExample(code: ErrorCode): object {
  const error = {
    code,
    message: MESSAGES[code] ?? "What went wrong, and what to do next.",
    timestamp: AT,
    request_id: TASK_ID,
    ...(code === "API_VALIDATION_ERROR"
      ? { details: [{ path: "cache_ttl", message: "must be at most 86400" }] }
      : {}),
    ...(code === "API_RATE_LIMIT_EXCEEDED" ? { retry_after: 12 } : {}),
  };
  return { success: false, error };
}
