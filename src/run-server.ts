import { removeAddress, writeAddress } from "./address-file.js";
import { backupSource } from "./backup.js";
import { type BackupServer, startBackupServer } from "./backup-server.js";
import type { Config } from "./config.js";
import { isPrimary, runServers } from "./run-servers.js";
import { createRuntime, type Runtime } from "./runtime.js";
import { keepHeapSmall } from "./small-heap.js";

/** How long a start may go on once the process is asked to stop. Nothing was acknowledged yet. */
const START_ENDS_MS = 10_000;

/**
 * Hears from now on that the process is asked to stop, also while it starts: process 1 of a container that does not
 * listen yet would never hear it.
 */
function hearStop(): { asked: Promise<NodeJS.Signals>; started(): void } {
  let ending: NodeJS.Timeout | undefined;
  let starting = true;
  const asked = new Promise<NodeJS.Signals>((resolve) => {
    const hear = (signal: NodeJS.Signals) => {
      resolve(signal);
      if (starting) ending ??= setTimeout(() => process.exit(0), START_ENDS_MS).unref();
    };
    process.on("SIGTERM", hear);
    process.on("SIGINT", hear);
    process.on("disconnect", () => hear("SIGTERM"));
    // To listen would keep a process that cannot start.
    process.channel?.unref();
  });
  return {
    asked,
    started() {
      starting = false;
      clearTimeout(ending);
    },
  };
}

/** Serves until the process is asked to stop. */
export async function runServer(config: Config): Promise<void> {
  if (isPrimary(config)) return runServers(config);
  keepHeapSmall();
  const stop = hearStop();
  const runtime = await createRuntime(config);
  const { logger } = runtime.services;
  const embedded = runtime.database.kind === "embedded" && !config.DATA_DIR.startsWith("memory://");
  let url: string;
  let backup: BackupServer | undefined;
  try {
    ({ url } = await runtime.listen());
    if (embedded) {
      backup = await startBackupServer(backupSource(runtime.database), logger);
      writeAddress(config.DATA_DIR, { url, backup: { url: backup.url, secret: backup.secret } });
    }
    const operations = await runtime.listenForOperations();
    logger.info({ url, database: runtime.database.kind, operations: operations?.url }, `listening on ${url}`);
  } catch (error) {
    await runtime.stop();
    throw error;
  }
  stopWhenAsked(stop, runtime, () => {
    if (embedded) removeAddress(config.DATA_DIR);
    backup?.close();
  });
  // A command that runs a server for itself waits for its address, and takes it along when it ends.
  process.send?.({ url });
}

/** Works for servers that run elsewhere, until the process is asked to stop. */
export async function runWorker(config: Config): Promise<void> {
  keepHeapSmall();
  const stop = hearStop();
  const runtime = await createRuntime(config);
  try {
    const operations = await runtime.listenForOperations();
    runtime.services.logger.info({ database: runtime.database.kind, operations: operations?.url }, "working");
  } catch (error) {
    await runtime.stop();
    throw error;
  }
  stopWhenAsked(stop, runtime, () => undefined);
}

function stopWhenAsked(
  { asked, started }: ReturnType<typeof hearStop>,
  runtime: Runtime,
  first: () => void,
): void {
  const { logger } = runtime.services;
  started();
  void asked.then(async (signal) => {
    logger.info({ signal }, "stopping");
    first();
    try {
      await runtime.stop();
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, "did not stop cleanly");
      process.exit(1);
    }
  });
}
