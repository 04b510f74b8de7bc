import type { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/pglite";
import { ClusterError } from "./cluster-error.js";
import { clusterPlace } from "./cluster-place.js";
import { DataDirLockedError, lockDataDir } from "./data-dir-lock.js";
import { openCluster } from "./empty-cluster.js";
import type { Database, OpenDatabase, QueryLogger } from "./open.js";
import { countEmbedded, counted, type PoolUse } from "./pool-use.js";
import { rowsOf, sqlValue } from "./run-sql.js";
import * as schema from "./schema.js";

/** @throws DataDirLockedError; ClusterError */
function lock(dataDir: string): () => void {
  try {
    return lockDataDir(dataDir);
  } catch (error) {
    throw error instanceof DataDirLockedError ? error : new ClusterError(dataDir, error);
  }
}

/**
 * Opens the embedded database of a directory, or one in memory.
 *
 * @throws DataDirLockedError where another process holds the directory; ClusterError where it does not open
 */
export async function openEmbedded(dataDir: string, logger: QueryLogger): Promise<OpenDatabase> {
  const inMemory = dataDir.startsWith("memory://");
  const unlock = inMemory ? () => {} : lock(dataDir);
  try {
    const client = await openCluster(inMemory ? dataDir : clusterPlace(dataDir));
    const database = fromPglite(client, logger);
    const close = async () => {
      await database.close();
      unlock();
    };
    return { ...database, close };
  } catch (error) {
    unlock();
    throw new ClusterError(dataDir, error);
  }
}

/** An embedded database that is open already; closing this closes it. */
export function fromPglite(client: PGlite, logger: QueryLogger): OpenDatabase {
  // One connection, which the driver itself hands from one to the next.
  const pool: PoolUse = { size: 1, inUse: 0 };
  const db = drizzle(countEmbedded(client, pool), { schema, logger });
  return {
    db: db as unknown as Database,
    kind: "embedded",
    run: async (text, values) => {
      // Only `exec` takes several statements, and only `query` takes values.
      const work = values
        ? client.query(text, values.map(sqlValue))
        : client.exec(text).then((results) => results.at(-1));
      return { rows: rowsOf((await counted(pool, work)) ?? []) };
    },
    pool,
    listen: (channel, onMessage) => client.listen(channel, onMessage),
    ping: async () => void (await db.execute(sql`select 1`)),
    close: () => client.close(),
  };
}
