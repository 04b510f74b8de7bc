import { readFileSync, writeFileSync } from "node:fs";
import { fromPglite } from "../../src/db/embedded.js";
import { archiveCluster, startCluster } from "../../src/db/empty-cluster.js";
import type { OpenDatabase, QueryLogger } from "../../src/db/open.js";
import { createLogger } from "../../src/log.js";
import { migrateAll } from "../../src/stores.js";

/** Makes an embedded database, migrates it, and writes it to a file. */
export async function writeEmbeddedTemplate(path: string): Promise<string> {
  const archive = await archiveCluster(
    (client) => migrateAll(fromPglite(client, false), createLogger("silent")),
    "none",
  );
  writeFileSync(path, new Uint8Array(await archive.arrayBuffer()));
  return path;
}

/** An embedded database in memory, migrated, of the caller's own. */
export async function openFromTemplate(path: string, logger: QueryLogger = false): Promise<OpenDatabase> {
  const client = await startCluster("memory://", new Blob([new Uint8Array(readFileSync(path))]));
  return fromPglite(client, logger);
}
