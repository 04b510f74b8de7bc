import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createTokenVerifier } from "./adapters/auth/token-verifier.js";
import { createAnalysisService } from "./adapters/mcp/analysis-service.js";
import { type BundledService, startBundledService } from "./adapters/mcp/bundled-service.js";
import { measuredService } from "./adapters/mcp/measured-service.js";
import type { PrometheusMetrics } from "./adapters/metrics/prometheus.js";
import { createBoss } from "./adapters/queue/boss.js";
import { createJobQueue } from "./adapters/queue/job-queue.js";
import { readQueueStates } from "./adapters/queue/queue-state.js";
import { createKeyRing, type EncryptionKey } from "./adapters/sealing/key-ring.js";
import { RingSealer } from "./adapters/sealing/sealer.js";
import type { Config } from "./config.js";
import { MAX_BODY_BYTES, MAX_ROWS, MAX_SMALL_BODY_BYTES } from "./contract/limits.js";
import { DEFAULT_ALGORITHM_VERSION, UNJUDGED_ALGORITHM_VERSION } from "./contract/mcp-protocol.js";
import type { OpenDatabase } from "./db/open.js";
import { connectionsBesideFiles } from "./db/open-files.js";
import { AnswerCache } from "./domain/comparison/answer-cache.js";
import { SingleFlight } from "./domain/comparison/single-flight.js";
import type { LimitRules, Services } from "./domain/context.js";
import { StandingCache } from "./domain/permission/standing-cache.js";
import type { AnalysisService, Clock, Logger } from "./domain/ports.js";
import { Room } from "./domain/room.js";
import { Signals, type Topic } from "./domain/signals.js";
import { readOldestTaskAge } from "./domain/task/oldest-task.js";
import { createApp } from "./http/app.js";
import { readClientAddress } from "./http/client-address.js";
import { readOriginHeaders } from "./http/cors.js";
import { createFastLane } from "./http/fast-lane.js";
import type { Probe } from "./http/health.js";
import { createOperationsApp } from "./http/operations-app.js";
import { Overload, watchEventLoop } from "./http/overload.js";
import { createOverloadGate } from "./http/overload-gate.js";
import { createHttpServer } from "./http/server.js";
import { COMPARE_TASK } from "./jobs/compare-task.js";
import { encryptionKeys, refuseMissingKeys, tokenKeys } from "./keys.js";
import { openObservability, userNames } from "./observability.js";
import { MANIFEST, PACKAGE, programFile } from "./places.js";
import { openChanges, openMigratedDatabase, openSharedStore } from "./stores.js";
import { startWorkers } from "./workers.js";

/** What a test may put in the place of the real thing, or watch. */
export interface RuntimeOverrides {
  clock?: Clock;
  logger?: Logger;
  analysisService?: AnalysisService;
  /** Open and migrated; whoever opened it closes it. */
  database?: OpenDatabase;
  onQuery?: (text: string) => void;
}

/** The whole program, wired. */
export interface Runtime {
  services: Services;
  database: OpenDatabase;
  app: ReturnType<typeof createApp>;
  metrics: PrometheusMetrics;
  /** Begins to listen on the settings' address. */
  listen(): Promise<{ url: string }>;
  /** Begins to serve health and metrics on METRICS_PORT, where that is set. `listen` does so too. */
  listenForOperations(): Promise<{ url: string } | undefined>;
  /** Takes no more requests, finishes those that run, closes everything. Safe to call twice. */
  stop(): Promise<void>;
}

/** A megabyte of a request. */
const SMALL_ROWS = 10_000;
const DASHBOARD = new URL("dist/dashboard/", PACKAGE);
export const { version: VERSION } = MANIFEST;

function openAnalysisService(config: Config, bundled: BundledService | undefined, logger: Logger) {
  return createAnalysisService({
    url: config.MCP_URL ?? bundled?.url ?? "",
    token: bundled?.token ?? config.MCP_TOKEN,
    timeoutMs: config.MCP_TIMEOUT_MS,
    retries: config.MCP_RETRIES,
    retryBaseMs: config.MCP_RETRY_BASE_MS,
    maxConnections: config.MCP_MAX_CONNECTIONS,
    codecThread: programFile("codec-thread"),
    logger,
  });
}

function limitRules(config: Config): LimitRules {
  const all = { name: "all", ...config.RATE_LIMIT_ALL };
  return {
    get: [{ name: "get", ...config.RATE_LIMIT_GET }, all],
    status: [{ name: "status", ...config.RATE_LIMIT_STATUS }, all],
    other: [all],
  };
}

/**
 * Builds everything that the settings ask for: the only place that constructs things.
 *
 * @throws Error where something that is needed from the start cannot be had; what was opened is closed again
 */
export async function createRuntime(config: Config, overrides: RuntimeOverrides = {}): Promise<Runtime> {
  const clock = overrides.clock ?? { now: () => Date.now() };
  const steady = overrides.clock ?? { now: () => Math.trunc(performance.now()) };
  const { logger, metrics, tracing, ...observing } = await openObservability(
    config,
    VERSION,
    overrides.logger,
  );
  const closers: (() => Promise<void> | void)[] = [observing.close];
  const closeAll = async () => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse()) {
      // What does not close keeps nothing else open.
      await Promise.resolve()
        .then(close)
        .catch((error: unknown) => failures.push(error));
    }
    if (failures.length) throw failures[0];
  };
  try {
    // First, since it takes its time to start, which nobody waits for but comparisons.
    const bundled =
      config.MCP_URL || overrides.analysisService
        ? undefined
        : startBundledService(programFile("mcp-server"), logger);
    closers.push(() => bundled?.stop());
    // Before the keys: it locks the data directory, in which they lie as well.
    const database =
      overrides.database ?? (await openMigratedDatabase(config, { ...overrides, logger, hurried: true }));
    if (!overrides.database) closers.push(() => database.close());
    const tokens = await createTokenVerifier({
      keys: tokenKeys(config),
      issuer: config.JWT_ISSUER,
      audience: config.JWT_AUDIENCE,
      clock,
      steady,
      logger,
      metrics,
      attempts: config.RATE_LIMIT_UNAUTHENTICATED,
    });
    const keys = encryptionKeys(config);
    const sealer = new RingSealer(await createKeyRing(keys), metrics);
    await refuseMissingKeys(database, sealer);
    const shared = await openSharedStore(
      config,
      { clock: steady, logger, metrics },
      database.kind === "embedded",
    );
    closers.push(() => shared.close());
    const analysisService = overrides.analysisService ?? openAnalysisService(config, bundled, logger);
    closers.push(() => analysisService.close());
    const answers = new AnswerCache(clock, metrics);
    const standings = new StandingCache();
    const signals = new Signals();
    const changes = await openChanges(config, database, {
      onAnnouncement: ({ kind, id }) => {
        // Its own process dropped it already, and an embedded database has no other.
        if (kind === "analysis" && database.kind === "postgres") {
          answers.drop(id);
          standings.drop(id);
        }
        signals.emit(`${kind}/${id}` as Topic);
      },
      onResume: () => {
        answers.dropAll();
        standings.dropAll();
        signals.emitAll();
      },
    });
    closers.push(() => changes.close());
    const works = config.WORKER === "inline";
    const boss = createBoss({ run: database.run, logger, metrics, supervise: works, migrate: false });
    await boss.start();
    closers.push(() => boss.stop({ graceful: false }));
    const stopping = new AbortController();
    // Every open stream listens to it.
    setMaxListeners(0, stopping.signal);
    const services: Services = {
      db: database.db,
      clock,
      logger,
      metrics,
      tracing,
      nameForLog: userNames(config, (keys[0] as EncryptionKey).secret),
      sealer,
      tokens,
      analysisService: measuredService(analysisService, metrics, tracing),
      changes,
      signals,
      queue: createJobQueue(boss, COMPARE_TASK),
      streams: { open: 0, replace: new Map() },
      stopping: stopping.signal,
      shared,
      limits: limitRules(config),
      // Another service may know the product's own method only.
      algorithmVersion:
        config.ALGORITHM_VERSION ?? (config.MCP_URL ? UNJUDGED_ALGORITHM_VERSION : DEFAULT_ALGORITHM_VERSION),
      answers,
      standings,
      getDeadlineMs: config.GET_DEADLINE_MS,
      lookups: new SingleFlight(),
      starts: new SingleFlight(),
      computations: new SingleFlight(),
      comparisons: new Room(2 * MAX_ROWS, SMALL_ROWS),
      arriving: new Room(4 * MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES),
      uploads: new Room(MAX_BODY_BYTES, MAX_SMALL_BODY_BYTES),
    };
    metrics.watch({
      circuit: () => analysisService.state(),
      redis: () => shared.state(),
      openStreams: () => services.streams.open,
      pool: () => database.pool,
      queues: () => readQueueStates(database.run, [COMPARE_TASK.name, COMPARE_TASK.deadLetter]),
      oldestTask: () => readOldestTaskAge(services),
      hearing: () => changes.hearing(),
      tokenKeysAway: () => tokens.remoteKeys?.failing() ?? false,
    });
    const { remoteKeys } = tokens;
    const probes: Record<string, Probe> = {
      database: { required: true, check: () => database.ping() },
      redis: { required: false, check: () => shared.ping() },
      analysis_service: {
        required: false,
        check: async () => {
          if (analysisService.state() === "open") throw new Error("the circuit is open");
        },
      },
      // Known keys serve on for a while.
      ...(remoteKeys && {
        token_keys: { required: () => !remoteKeys.usable(), check: () => remoteKeys.check() },
      }),
    };
    const forReaders = { read: metrics.read, token: config.METRICS_TOKEN };
    const apart = config.METRICS_PORT;
    let draining = false;
    const clientAddress = readClientAddress(config.TRUSTED_PROXIES);
    const app = createApp({
      services,
      clientAddress,
      isDraining: () => draining,
      corsOrigins: config.CORS_ORIGINS,
      version: VERSION,
      dashboard: DASHBOARD,
      probes,
      // Of several processes that share the port each would tell of itself alone, as chance has it.
      metrics: apart === undefined && config.WEB_CONCURRENCY === 1 ? forReaders : undefined,
    });
    const eventLoopBusy = watchEventLoop();
    const isBusy = () => eventLoopBusy() || database.pool.inUse > database.pool.size;
    const originHeaders = await readOriginHeaders(config.CORS_ORIGINS);
    const server = createHttpServer(
      app,
      {
        keepAliveTimeout: config.KEEP_ALIVE_MS,
        maxConnections: database.kind === "embedded" ? connectionsBesideFiles() : undefined,
      },
      createFastLane(services, originHeaders, clientAddress),
      createOverloadGate(services, new Overload({ now: () => performance.now(), isBusy }), originHeaders),
    );
    const operations = createHttpServer(
      createOperationsApp({ services, probes, isDraining: () => draining, metrics: forReaders }),
    );
    closers.push(() => operations.close(async () => {}));
    let listeningForOperations: Promise<{ url: string }> | undefined;
    const listenForOperations = async () => {
      if (apart !== undefined) listeningForOperations ??= operations.listen(config.HOST, apart, true);
      return listeningForOperations;
    };
    let listening = false;
    const workers = works
      ? startWorkers({ ...services, db: database.patient ?? database.db }, boss, database.run)
      : undefined;
    closers.push(async () => {
      draining = true;
      server.drain();
      const worked = workers?.stop();
      if (listening) await sleep(config.DRAIN_MS);
      stopping.abort();
      const work = [services.lookups, services.starts, services.computations].map((flights) =>
        flights.idle(),
      );
      await server.close(() => Promise.all([...work, worked]));
    });
    return {
      services,
      database,
      app,
      metrics,
      listen: async () => {
        await listenForOperations();
        const address = await server.listen(config.HOST, config.PORT);
        listening = true;
        return address;
      },
      listenForOperations,
      stop: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
