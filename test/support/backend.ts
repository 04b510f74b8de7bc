import { SignJWT } from "jose";
import { inject, vi } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { parseConfig } from "../../src/config.js";
import type { AnalysisCreateInput } from "../../src/contract/analysis.js";
import { createRuntime, type Runtime, type RuntimeOverrides } from "../../src/runtime.js";
import { openFromTemplate } from "./embedded-template.js";

export const TEST_SECRET = "a secret for tests, of thirty-two bytes or more";
export const TEST_KEY = { kid: "test", secret: new Uint8Array(Buffer.alloc(32, 7)) };
export const TEST_ENCRYPTION_KEYS = `${TEST_KEY.kid}:${Buffer.from(TEST_KEY.secret).toString("base64url")}`;

/** Settings that every test backend starts from: an embedded database in memory, free ports, no log. */
export const TEST_ENV = {
  PORT: "0",
  DATA_DIR: "memory://",
  JWT_SECRET: TEST_SECRET,
  ENCRYPTION_KEYS: TEST_ENCRYPTION_KEYS,
  LOG_LEVEL: "silent",
  MCP_RETRY_BASE_MS: "5",
};

/** Some tests begin without it. */
const REDIS_MS = 3_000;

export interface TokenOptions {
  scope?: string;
  /** From now, of the real clock unless one is given. */
  expiresInSeconds?: number;
  now?: number;
}

/** A token that the test backends take. */
export function tokenFor(userId: string, options: TokenOptions = {}): Promise<string> {
  const { scope, expiresInSeconds = 3600, now = Date.now() } = options;
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT(scope ? { scope } : {})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + expiresInSeconds)
    .sign(new TextEncoder().encode(TEST_SECRET));
}

/** The whole backend in this process, listening on a free port. */
export interface TestBackend {
  runtime: Runtime;
  url: string;
  /** Texts of all queries so far. */
  queries: string[];
  clientOf(userId: string, options?: TokenOptions): Promise<PegClient>;
  stop(): Promise<void>;
}

export async function startBackend(
  env: Record<string, string> = {},
  overrides: RuntimeOverrides = {},
): Promise<TestBackend> {
  const queries: string[] = [];
  const onQuery = (text: string) => void queries.push(text);
  // A service of its own would be a process for each; MCP_URL: "" asks for that.
  const config = parseConfig({ ...TEST_ENV, MCP_URL: inject("analysisServiceUrl"), ...env });
  const inMemory = !config.DATABASE_URL && config.DATA_DIR.startsWith("memory://") && !overrides.database;
  const own = inMemory
    ? await openFromTemplate(inject("embeddedTemplate"), { logQuery: onQuery })
    : undefined;
  const runtime = await createRuntime(config, { onQuery, ...(own ? { database: own } : {}), ...overrides });
  const { url } = await runtime.listen();
  // Whoever asks before its connection is there takes Redis for away, and goes on in process for a second.
  if (config.REDIS_URL) {
    await vi.waitFor(() => runtime.services.shared.ping(), { timeout: REDIS_MS }).catch(() => undefined);
  }
  return {
    runtime,
    url,
    queries,
    clientOf: async (userId, options) => createPegClient({ url, token: await tokenFor(userId, options) }),
    stop: async () => {
      await runtime.stop();
      await own?.close();
    },
  };
}

export interface SampleOptions {
  id?: string;
  pegs?: number;
  /** Samples of each PEG in each period. */
  samples?: number;
  /** By which the values of N are above those of N-1. */
  factor?: number;
}

/** A small analysis whose every PEG rises by the factor. */
export function sampleAnalysis(options: SampleOptions = {}): AnalysisCreateInput {
  const { id, pegs = 2, samples = 3, factor = 1.1 } = options;
  const names = Array.from({ length: pegs }, (_, i) => `PEG_${String(i).padStart(3, "0")}`);
  return {
    ...(id === undefined ? {} : { id }),
    stats: names.flatMap((kpi_name, peg) =>
      (["N-1", "N"] as const).flatMap((period) =>
        Array.from({ length: samples }, (_, i) => ({
          kpi_name,
          period,
          avg: (100 + peg + i) * (period === "N" ? factor : 1),
          cell_id: `cell-${i % 2}`,
        })),
      ),
    ),
    request_params: { peg_definitions: { PEG_000: { weight: 9 } } },
    period_info: {
      n1_start: new Date("2024-01-01T00:00:00Z"),
      n1_end: new Date("2024-01-07T23:59:59Z"),
      n_start: new Date("2024-01-08T00:00:00Z"),
      n_end: new Date("2024-01-14T23:59:59Z"),
    },
  };
}
