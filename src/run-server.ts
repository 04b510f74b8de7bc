import { removeAddress, writeAddress } from "./address-file.js";
import { backupSource } from "./backup.js";
import { type BackupServer, startBackupServer } from "./backup-server.js";
import type { Config } from "./config.js";
import { isPrimary, runServers } from "./run-servers.js";
import { createRuntime, type Runtime } from "./runtime.js";
import { keepHeapSmall } from "./small-heap.js";

/** Serves until the process is asked to stop. */
export async function runServer(config: Config): Promise<void> {
  if (isPrimary(config)) return runServers(config);
  keepHeapSmall();
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
  stopOnSignal(runtime, () => {
    if (embedded) removeAddress(config.DATA_DIR);
    backup?.close();
  });
  // A command that runs a server for itself waits for its address, and takes it along when it ends.
  process.send?.({ url });
}

/** Works for servers that run elsewhere, until the process is asked to stop. */
export async function runWorker(config: Config): Promise<void> {
  keepHeapSmall();
  const runtime = await createRuntime(config);
  try {
    const operations = await runtime.listenForOperations();
    runtime.services.logger.info({ database: runtime.database.kind, operations: operations?.url }, "working");
  } catch (error) {
    await runtime.stop();
    throw error;
  }
  stopOnSignal(runtime, () => undefined);
}

function stopOnSignal(runtime: Runtime, first: () => void): void {
  const { logger } = runtime.services;
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping");
    first();
    runtime.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("disconnect", () => stop("SIGTERM"));
}
