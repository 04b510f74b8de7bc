import { collectDefaultMetrics, Registry } from "prom-client";
import {
  ATTEMPT_OUTCOMES,
  CACHE_TIERS,
  type Metrics,
  QUEUE_OPERATIONS,
  type Readings,
  TOKEN_REFUSALS,
} from "../../domain/metrics.js";
import { defineGauges, defineMetrics } from "./definitions.js";

/** A reading of the database may take so long; what is late is left out. */
const DEADLINE_MS = 1_000;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

let ofProcess: Registry | undefined;

/** Memory, processor and event loop are those of the process, however many runtimes it holds. */
function processMetrics(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

export interface PrometheusMetrics extends Metrics {
  /** What else is looked at whenever the metrics are read. */
  watch(readings: Readings): void;
  /** Everything in Prometheus's text format. */
  read(): Promise<{ contentType: string; text: string }>;
}

/** Metrics for Prometheus, in a registry of their own. */
export function createPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const counted = defineMetrics(registry);
  const gauges = defineGauges(registry);
  // A series that begins with its first event would hide that event from `rate`.
  for (const tier of CACHE_TIERS) counted.cacheHits.inc({ tier }, 0);
  for (const outcome of ATTEMPT_OUTCOMES) counted.computations.zero({ outcome });
  for (const operation of QUEUE_OPERATIONS) counted.queueFailures.inc({ operation }, 0);
  for (const reason of TOKEN_REFUSALS) counted.tokensRefused.inc({ reason }, 0);
  let readings: Readings | undefined;

  return {
    request(method, endpoint, status, seconds) {
      const known = METHODS.has(method) ? method : "other";
      counted.requests.inc({ method: known, endpoint, status });
      counted.requestDuration.observe({ method: known, endpoint }, seconds);
    },
    requestShed: () => counted.shed.inc(),
    mcpCall(outcome, seconds) {
      counted.mcpCalls.inc({ outcome });
      counted.mcpDuration.observe(seconds);
    },
    cacheHit: (tier) => counted.cacheHits.inc({ tier }),
    cacheMiss: () => counted.cacheMisses.inc(),
    limitDecision: (limit, decision) => counted.limitDecisions.inc({ limit, decision }),
    redisFallback: () => counted.redisFallbacks.inc(),
    tokenRefused: (reason) => counted.tokensRefused.inc({ reason }),
    computation: (outcome, seconds) => counted.computations.observe({ outcome }, seconds),
    queueFailure: (operation) => counted.queueFailures.inc({ operation }),
    sealed: (keyId, kind) => counted.seals.inc({ key_id: keyId, kind }),

    watch(given) {
      readings = given;
    },
    async read() {
      if (readings) await readGauges(gauges, readings);
      const texts = await Promise.all([registry.metrics(), processMetrics().metrics()]);
      return { contentType: registry.contentType, text: texts.join("\n") };
    },
  };
}

async function readGauges(gauges: ReturnType<typeof defineGauges>, readings: Readings): Promise<void> {
  const circuit = readings.circuit();
  for (const state of ["closed", "open", "half-open"] as const)
    gauges.circuit.set({ state }, state === circuit ? 1 : 0);
  gauges.redisAway.set(readings.redis() === "away" ? 1 : 0);
  gauges.streams.set(readings.openStreams());
  const { size, inUse } = readings.pool();
  gauges.poolSize.set(size);
  gauges.poolUse.set(inUse);
  gauges.deaf.set(readings.hearing() ? 0 : 1);
  gauges.keysAway.set(readings.tokenKeysAway() ? 1 : 0);
  const [queues, oldestTask] = await Promise.all([inTime(readings.queues()), inTime(readings.oldestTask())]);
  gauges.queueUnknown.set(queues ? 0 : 1);
  // What is not known is not told: the last number would look like news.
  gauges.queueJobs.reset();
  gauges.queueLag.reset();
  gauges.oldestTask.set(oldestTask ?? Number.NaN);
  for (const { queue, waiting, putOff, active, lag } of queues ?? []) {
    gauges.queueJobs.set({ queue, state: "waiting" }, waiting);
    gauges.queueJobs.set({ queue, state: "put_off" }, putOff);
    gauges.queueJobs.set({ queue, state: "active" }, active);
    gauges.queueLag.set({ queue }, lag);
  }
}

async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS, undefined);
  });
  return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
