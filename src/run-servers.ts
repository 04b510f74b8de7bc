import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config.js";
import { encryptionKeys, tokenKeys } from "./keys.js";
import { createLogger } from "./log.js";

/** How soon another process takes the place of one that died: at once it might die of the same again and again. */
const PAUSE_MS = 1_000;

/** Whether this process only looks after those that serve. */
export function isPrimary({ WEB_CONCURRENCY: count }: Config): boolean {
  return count > 1 && cluster.isPrimary;
}

/**
 * Serves with WEB_CONCURRENCY processes that share the port: each new connection goes to the next of them. One that
 * dies is replaced, again and again where its place cannot be taken. Where one cannot start at first, none does.
 */
export async function runServers(config: Config): Promise<void> {
  const logger = createLogger(config.LOG_LEVEL);
  // Where there are none yet they are made here, and not by several processes at once.
  tokenKeys(config);
  encryptionKeys(config);
  const places = new Map<Worker, number>();
  let stopping = false;

  async function start(place: number): Promise<string> {
    // Metrics are each process's own, and so is the port for them; 0 is any that is free.
    const { METRICS_PORT: first } = config;
    const worker = cluster.fork(first ? { METRICS_PORT: String(first + place) } : {});
    places.set(worker, place);
    const ended = once(worker, "exit").then(([code, signal]: (number | string | null)[]) => {
      places.delete(worker);
      return { code, signal };
    });
    const listening = once(worker, "message") as Promise<[{ url: string }]>;
    const begun = await Promise.race([listening.then(([message]) => message), ended]);
    if (!("url" in begun)) throw new Error("a server process ended before it listened");
    void ended.then((exit) => {
      if (stopping) return;
      logger.error({ pid: worker.process.pid, ...exit }, "a server process died, and is replaced");
      void replace(place);
    });
    return begun.url;
  }

  async function replace(place: number): Promise<void> {
    for (;;) {
      await sleep(PAUSE_MS);
      if (stopping) return;
      try {
        await start(place);
        return;
      } catch (error) {
        logger.error({ err: error }, "a server process could not be replaced yet");
      }
    }
  }

  async function stop(reason: NodeJS.Signals | Error): Promise<void> {
    if (stopping) return;
    stopping = true;
    if (reason instanceof Error) logger.error({ err: reason }, "the server processes are stopped");
    else logger.info({ signal: reason }, "stopping");
    const exits = [...places.keys()].map(async (worker) => {
      const exit = once(worker, "exit");
      worker.process.kill("SIGTERM");
      return (await exit)[0] === 0;
    });
    const clean = (await Promise.all(exits)).every(Boolean);
    process.exit(clean && !(reason instanceof Error) ? 0 : 1);
  }

  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("disconnect", () => stop("SIGTERM"));
  try {
    const urls = await Promise.all(
      Array.from({ length: config.WEB_CONCURRENCY }, (_, place) => start(place)),
    );
    const [url = ""] = urls;
    const pids = [...places].sort(([, one], [, other]) => one - other).map(([{ process }]) => process.pid);
    logger.info({ url, pids }, `${urls.length} processes listening on ${url}`);
    process.send?.({ url });
  } catch (error) {
    await stop(error as Error);
  }
}
