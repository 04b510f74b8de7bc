import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const COMPUTING_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

/** All that is counted as it happens: names, labels and helps, in the order in which they are shown. */
export function defineMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name, help, labelNames, registers });
  return {
    requests: counter(
      "peg_comparison_requests_total",
      "Calls by procedure (tRPC) and requests by route (REST), by status",
      "method",
      "endpoint",
      "status",
    ),
    requestDuration: new Histogram({
      name: "peg_comparison_request_duration_seconds",
      help: "How long they took; of a stream until it began",
      labelNames: ["method", "endpoint"],
      buckets: REQUEST_BUCKETS,
      registers,
    }),
    shed: counter(
      "peg_requests_shed_total",
      "Requests refused because more was asked than could be answered",
    ),
    mcpDuration: new Histogram({
      name: "mcp_call_duration_seconds",
      help: "Calls of the analysis service, with all retries",
      buckets: COMPUTING_BUCKETS,
      registers,
    }),
    mcpCalls: counter("mcp_calls_total", "Calls of the analysis service by how they ended", "outcome"),
    cacheHits: counter("peg_cache_hits_total", "Answers that were found, by where", "tier"),
    cacheMisses: counter("peg_cache_misses_total", "Answers that were found nowhere, and had to be computed"),
    limitDecisions: counter(
      "peg_limit_decisions_total",
      "Calls that passed, by the kind of their limit, and those refused, by the limit that was used up",
      "limit",
      "decision",
    ),
    redisFallbacks: counter("peg_redis_fallbacks_total", "Calls that were decided without Redis"),
    tokensRefused: counter("peg_tokens_refused_total", "Tokens that were not taken, by why", "reason"),
    computations: new Histogram({
      name: "peg_task_duration_seconds",
      help: "Attempts to compute a comparison, by how they ended",
      labelNames: ["outcome"],
      buckets: COMPUTING_BUCKETS,
      registers,
    }),
    queueFailures: counter("peg_queue_failures_total", "What the job queue could not do", "operation"),
    seals: counter("peg_seals_total", "Values sealed, by key: each uses up a nonce", "key_id", "kind"),
  };
}

/** All that is looked at when metrics are read. */
export function defineGauges(registry: Registry) {
  const registers = [registry];
  const gauge = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Gauge({ name, help, labelNames, registers });
  return {
    circuit: gauge("peg_circuit_state", "1 for the state that the circuit is in", "state"),
    redisAway: gauge("peg_redis_away", "1 while this process goes on without Redis"),
    streams: gauge("peg_streams_open", "Streams that this process holds open"),
    poolSize: gauge("peg_database_pool_size", "Connections that this process may hold"),
    poolUse: gauge(
      "peg_database_pool_in_use",
      "Statements and transactions that want one; those beyond wait",
    ),
    deaf: gauge("peg_changes_unheard", "1 while changes of other processes may be missed"),
    keysAway: gauge("peg_token_keys_away", "1 while the keys that tokens are checked by cannot be fetched"),
    queueJobs: gauge("peg_queue_jobs", "Jobs by queue and state", "queue", "state"),
    queueLag: gauge("peg_queue_lag_seconds", "How long the oldest job that could run has waited", "queue"),
    oldestTask: gauge("peg_oldest_task_seconds", "How long the oldest task without an end has been there"),
    queueUnknown: gauge("peg_queue_unknown", "1 where the database did not tell about the queues"),
  };
}
