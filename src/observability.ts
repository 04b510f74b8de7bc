import { createPrometheusMetrics, type PrometheusMetrics } from "./adapters/metrics/prometheus.js";
import { createPseudonyms } from "./adapters/sealing/pseudonyms.js";
import { type Config, ConfigError } from "./config.js";
import type { Logger } from "./domain/ports.js";
import { noTracing, type Tracing } from "./domain/tracing.js";
import { createLogger } from "./log.js";
import { openLogFile } from "./log-file.js";

/** What tells those who run this what it does. */
export interface Observability {
  logger: Logger;
  metrics: PrometheusMetrics;
  tracing: Tracing;
  /** Writes out what is still held back. After everything else has ended. */
  close(): Promise<void>;
}

/**
 * The logger, metrics and traces of the settings.
 *
 * @throws ConfigError where LOG_FILE cannot be written
 */
export async function openObservability(
  config: Config,
  version: string,
  given?: Logger,
): Promise<Observability> {
  const file = given ? undefined : logFile(config);
  const sent = await openTracing(config, version);
  return {
    logger: given ?? createLogger(config.LOG_LEVEL, file),
    metrics: createPrometheusMetrics(),
    tracing: sent ?? noTracing,
    close: async () => {
      await sent?.close();
      await file?.close();
    },
  };
}

async function openTracing(config: Config, version: string) {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  // Loaded only here: whoever has no collector does not pay for it.
  const { createOtlpTracing } = await import("./adapters/tracing/otlp.js");
  return createOtlpTracing({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: config.OTEL_SERVICE_NAME,
    share: config.OTEL_TRACES_SAMPLER_ARG,
    version,
  });
}

function logFile({ LOG_FILE: path, LOG_FILE_MAX_MB: maxMegabytes, LOG_FILE_KEEP: keep }: Config) {
  if (path === undefined) return undefined;
  try {
    return openLogFile({ path, maxMegabytes, keep });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    throw new ConfigError([`LOG_FILE: it or its folder cannot be written (${reason})`]);
  }
}

/** How logs name users, as LOG_USER_IDS says. @param secret of the key that seals */
export function userNames({ LOG_USER_IDS: form }: Config, secret: Uint8Array) {
  if (form === "plain") return (userId: string) => userId;
  return form === "none" ? () => undefined : createPseudonyms(secret);
}
