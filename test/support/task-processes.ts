import { createPegClient, type PegClient } from "../../src/client/index.js";
import type { TestAnalysisService } from "./analysis-service.js";
import { tokenFor } from "./backend.js";
import { startCli, type TestProcess } from "./process.js";
import { startSharedServers } from "./shared-servers.js";

/** API processes that run no tasks, and workers, all on one PostgreSQL and one Redis. */
export interface TaskProcesses {
  /** Addresses of the API processes. */
  readonly urls: readonly string[];
  readonly workers: TestProcess[];
  readonly service: TestAnalysisService;
  readonly databaseUrl: string;
  /** @param api which of the API processes */
  clientOf(userId: string, api?: number): Promise<PegClient>;
  startWorker(): Promise<TestProcess>;
  /** Starts the API process anew on the port that it had. */
  restartApi(api: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startTaskProcesses(options: { apis: number; workers: number }): Promise<TaskProcesses> {
  const servers = await startSharedServers();
  const { env, service, databaseUrl } = servers;
  const apis: TestProcess[] = [];
  const urls: string[] = [];
  const workers: TestProcess[] = [];

  const startApi = async (api: number): Promise<void> => {
    const port = urls[api] === undefined ? "0" : new URL(urls[api]).port;
    const process = startCli(["serve"], { ...env, WORKER: "none", PORT: port });
    apis[api] = process;
    const [, url = ""] = await process.waitForLine(/listening on (http:\S+?)"/, 30_000);
    urls[api] = url;
  };
  const startWorker = async (): Promise<TestProcess> => {
    const worker = startCli(["worker"], env);
    workers.push(worker);
    await worker.waitForLine(/"working"/, 30_000);
    return worker;
  };
  const stop = async (): Promise<void> => {
    const killed = [...apis, ...workers].map((process) => process.kill("SIGKILL").catch(() => undefined));
    await Promise.all(killed);
    await servers.stop();
  };
  try {
    await Promise.all([
      ...Array.from({ length: options.apis }, (_, i) => startApi(i)),
      ...Array.from({ length: options.workers }, startWorker),
    ]);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return {
    urls,
    workers,
    service,
    databaseUrl,
    clientOf: async (userId, api = 0) =>
      createPegClient({ url: urls[api] as string, token: await tokenFor(userId) }),
    startWorker,
    async restartApi(api) {
      await apis[api]?.kill("SIGKILL");
      await startApi(api);
    },
    stop,
  };
}

/** What a watcher saw, in order, and how its stream ended. */
export interface Watched {
  states: { task_id: string; status: string; progress: number }[];
  ids: string[];
  /** Resolves when the stream ends by itself; rejects with its error. */
  ended: Promise<void>;
  /** Resolves once a state fits; rejects where the stream ends before. */
  until(fits: (state: { status: string; progress: number }) => boolean): Promise<void>;
  close(): void;
}

/** Watches as the typed client does, and records every event. */
export function watch(client: PegClient, id: string): Watched {
  const states: Watched["states"] = [];
  const ids: string[] = [];
  const waiting = new Set<() => void>();
  let close = () => {};
  const ended = new Promise<void>((resolve, reject) => {
    const subscription = client.pegComparison.watch.subscribe(
      { id },
      {
        onData: (event) => {
          states.push(event.data);
          ids.push(event.id);
          for (const check of waiting) check();
        },
        onError: reject,
        onComplete: resolve,
      },
    );
    close = () => subscription.unsubscribe();
  });
  ended.catch(() => undefined);
  return {
    states,
    ids,
    ended,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (states.some(fits)) resolve();
        };
        waiting.add(check);
        check();
        ended.then(() => reject(new Error(`it ended without: ${JSON.stringify(states)}`)), reject);
      }),
    close: () => close(),
  };
}

const RANK: Record<string, number> = { PENDING: 0, PROCESSING: 1, COMPLETED: 2, FAILED: 2 };

/** Where the states of one task go back, in status or in progress. */
export function stepsBack(states: Watched["states"]): string[] {
  return states.flatMap((state, i) => {
    const before = states[i - 1];
    if (!before || before.task_id !== state.task_id) return [];
    const back = (RANK[state.status] ?? 0) < (RANK[before.status] ?? 0) || state.progress < before.progress;
    return back ? [`${before.status} ${before.progress} -> ${state.status} ${state.progress}`] : [];
  });
}
