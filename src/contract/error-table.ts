/** One row a code: how it leaves over REST and tRPC, how loud the log is, whether trying again can help. */
export const ERRORS = {
  API_VALIDATION_ERROR: { http: 400, trpc: "BAD_REQUEST", log: "info", retryable: false },
  DATA_VALIDATION_ERROR: { http: 400, trpc: "BAD_REQUEST", log: "info", retryable: false },
  API_AUTHENTICATION_ERROR: { http: 401, trpc: "UNAUTHORIZED", log: "info", retryable: false },
  PERMISSION_DENIED: { http: 403, trpc: "FORBIDDEN", log: "info", retryable: false },
  ANALYSIS_NOT_FOUND: { http: 404, trpc: "NOT_FOUND", log: "info", retryable: false },
  TASK_NOT_FOUND: { http: 404, trpc: "NOT_FOUND", log: "info", retryable: false },
  CONFLICT: { http: 409, trpc: "CONFLICT", log: "info", retryable: false },
  PAYLOAD_TOO_LARGE: { http: 413, trpc: "PAYLOAD_TOO_LARGE", log: "info", retryable: false },
  API_RATE_LIMIT_EXCEEDED: { http: 429, trpc: "TOO_MANY_REQUESTS", log: "info", retryable: true },
  MCP_PROCESSING_ERROR: { http: 502, trpc: "BAD_GATEWAY", log: "warn", retryable: false },
  MCP_CONNECTION_FAILED: { http: 503, trpc: "SERVICE_UNAVAILABLE", log: "warn", retryable: true },
  MCP_TIMEOUT: { http: 504, trpc: "GATEWAY_TIMEOUT", log: "warn", retryable: true },
  SERVICE_UNAVAILABLE: { http: 503, trpc: "SERVICE_UNAVAILABLE", log: "error", retryable: true },
  INTERNAL_ERROR: { http: 500, trpc: "INTERNAL_SERVER_ERROR", log: "error", retryable: false },
} as const;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
