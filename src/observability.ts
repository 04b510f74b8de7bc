import { createPrometheusMetrics, type PrometheusMetrics } from "./adapters/metrics/prometheus.js";
import { createPseudonyms } from "./adapters/sealing/pseudonyms.js";
import { type Config, ConfigError } from "./config.js";
import type { Logger } from "./domain/ports.js";
import { createLogger } from "./log.js";
import { openLogFile } from "./log-file.js";

/** What tells those who run this what it does. */
export interface Observability {
  logger: Logger;
  metrics: PrometheusMetrics;
  /** Writes out what is still held back. After everything else has ended. */
  close(): Promise<void>;
}

/**
 * The logger, metrics and traces of the settings.
 *
 * @throws ConfigError where LOG_FILE cannot be written
 */
export async function openObservability(config: Config, given?: Logger): Promise<Observability> {
  const file = given ? undefined : logFile(config);
  return {
    logger: given ?? createLogger(config.LOG_LEVEL, file),
    metrics: createPrometheusMetrics(),
    close: async () => file?.close(),
  };
}

function logFile({ LOG_FILE: path, LOG_FILE_MAX_MB: maxMegabytes, LOG_FILE_KEEP: keep }: Config) {
  if (path === undefined) return undefined;
  try {
    return openLogFile({ path, maxMegabytes, keep });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
    throw new ConfigError([`LOG_FILE: its folder cannot be written (${reason})`]);
  }
}

/** How logs name users, as LOG_USER_IDS says. @param secret of the key that seals */
export function userNames({ LOG_USER_IDS: form }: Config, secret: Uint8Array) {
  if (form === "plain") return (userId: string) => userId;
  return form === "none" ? () => undefined : createPseudonyms(secret);
}
