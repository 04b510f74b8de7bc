import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { type OpenDatabase, openDatabase } from "../../src/db/open.js";
import { migrateAll } from "../../src/stores.js";
import { jwks, type KeyServer, published, startKeyServer } from "../adapters/auth/key-server.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend } from "../support/backend.js";
import {
  createTestDatabase,
  createTestRedis,
  type TestDatabase,
  type TestRedis,
} from "../support/database.js";
import { jsonBody, PLENTY } from "../support/faces.js";
import type { Dependency } from "./fault-table.js";
import { startTcpProxy, type TcpProxy, through } from "./tcp-proxy.js";

/** What came back of a request. */
export interface Answer {
  /** The status, with the code of an error or the state of readiness. */
  says: string;
  ms: number;
  body: unknown;
}

/** The whole backend, with a proxy before each of its dependencies. */
export interface FaultWorld {
  proxyOf(dependency: Dependency): TcpProxy;
  /** The backend's own time goes on as ours does, and jumps where it is told to. */
  clock: { now(): number; pass(ms: number): void };
  cached(): Promise<Answer>;
  cold(): Promise<Answer>;
  write(): Promise<Answer>;
  unknownKey(): Promise<Answer>;
  readyz(): Promise<Answer>;
  /** Fills the cache, and has an analysis at hand that was never compared. */
  prepare(): Promise<void>;
  stop(): Promise<void>;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const known = generateKeyPairSync("ec", { namedCurve: "P-256" });
const unknown = generateKeyPairSync("ec", { namedCurve: "P-256" });

const tokenBy = (key: KeyObject, kid: string) =>
  new SignJWT({})
    .setProtectedHeader({ alg: "ES256", kid })
    .setSubject("owner")
    .setExpirationTime("7d")
    .sign(key);

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const began = performance.now();
  const response = await fetch(url, init);
  const body = (await response.json()) as { error?: { code: string }; status?: string };
  const state = url.endsWith("/readyz") ? body.status : body.error?.code;
  return {
    says: state ? `${response.status} ${state}` : String(response.status),
    ms: performance.now() - began,
    body,
  };
}

export async function openFaultWorld(): Promise<FaultWorld> {
  const [server, redis, service, keys]: [TestDatabase, TestRedis, TestAnalysisService, KeyServer] =
    await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      startAnalysisService(),
      published(known.publicKey, "k1", "ES256").then((key) => startKeyServer(jwks(key))),
    ]);
  const before = async (url: string) => startTcpProxy({ port: Number(new URL(url).port) });
  const proxies = {
    PostgreSQL: await before(server.url),
    Redis: await before(redis.url),
    "analysis service": await before(service.url),
    "token keys": await before(keys.url),
  };
  let passed = 0;
  const clock = {
    now: () => Date.now() + passed,
    pass: (ms: number) => {
      passed += ms;
    },
  };
  const databaseUrl = through(proxies.PostgreSQL, server.url);
  const database: OpenDatabase = await openDatabase({
    url: databaseUrl,
    dataDir: "",
    hurried: { answerMs: 1_000 },
  });
  await migrateAll(database, silent, server.url);
  const backend: TestBackend = await startBackend(
    {
      ...PLENTY,
      DATABASE_URL: databaseUrl,
      REDIS_URL: through(proxies.Redis, redis.url),
      MCP_URL: through(proxies["analysis service"], service.url).replace(/\/$/, ""),
      MCP_TIMEOUT_MS: "500",
      MCP_RETRIES: "1",
      JWT_SECRET: "",
      JWT_JWKS_URL: through(proxies["token keys"], keys.url),
    },
    { database, clock },
  );
  const headers = { authorization: `Bearer ${await tokenBy(known.privateKey, "k1")}` };
  const results = `${backend.url}/api/analysis/results`;
  const create = (): Promise<Answer> => {
    const { headers: type, ...rest } = jsonBody(sampleAnalysis());
    return ask(results, { ...rest, headers: { ...headers, ...type } });
  };
  const get = (id: string, by = headers) => ask(`${results}/${id}/peg-comparison`, { headers: by });
  const idOf = ({ body }: Answer) => (body as { id: string }).id;
  let cachedId = "";
  let coldId = "";
  let kids = 0;
  return {
    clock,
    proxyOf: (dependency) =>
      proxies[dependency.startsWith("token keys") ? "token keys" : (dependency as keyof typeof proxies)],
    cached: () => get(cachedId),
    cold: () => get(coldId),
    write: create,
    unknownKey: async () => {
      const token = await tokenBy(unknown.privateKey, `new-${kids++}`);
      return get(cachedId, { authorization: `Bearer ${token}` });
    },
    readyz: () => ask(`${backend.url}/readyz`, {}),
    async prepare() {
      const [cached, cold] = await Promise.all([create(), create()]);
      cachedId = idOf(cached);
      coldId = idOf(cold);
      await get(cachedId);
      await get(cachedId);
    },
    async stop() {
      await backend.stop();
      await database.close();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
      await Promise.all([service.stop(), keys.stop(), redis.stop(), server.drop()]);
    },
  };
}
