import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerProof } from "./address-file.js";
import { type BackupSource, writeBackup } from "./domain/backup/write-backup.js";
import type { Logger } from "./domain/ports.js";

/** How long whoever reads a backup may take nothing: the embedded database does nothing else meanwhile. */
const STALLED_MS = 10_000;
/** Where this process stood still itself nothing could be taken: then it can within so much longer. */
const ONCE_MORE_MS = 1_000;

export interface BackupServer {
  url: string;
  /** Whoever may read the data directory knows it. */
  secret: string;
  close(): void;
}

/**
 * Has the process that an embedded database belongs to write its backup for `peg-bff backup`. On loopback, apart
 * from the API, for whoever knows the secret; to anybody it proves that it knows the secret itself.
 */
export async function startBackupServer(
  source: BackupSource,
  logger: Logger,
  stalledMs = STALLED_MS,
): Promise<BackupServer> {
  const secret = randomBytes(32).toString("base64url");
  const expected = Buffer.from(`Bearer ${secret}`);
  const server = createServer((request, response) => {
    const proof = answerProof(request.url ?? "", secret);
    if (proof !== undefined) {
      response.end(proof);
      return;
    }
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      response.writeHead(401).end();
      return;
    }
    response.setTimeout(stalledMs, () => {
      const waiting = response.writableLength;
      // Not where it waits for the database.
      if (waiting === 0) return;
      setTimeout(() => {
        if (response.writableLength >= waiting)
          response.destroy(new Error("nobody reads the backup any more"));
      }, ONCE_MORE_MS).unref();
    });
    writeBackup(source, response).catch((error: unknown) => {
      logger.warn({ err: error }, "a backup was not written");
      // Whoever reads it sees that it is cut off.
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(error instanceof Error ? error.message : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    secret,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
