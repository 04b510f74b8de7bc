import { existsSync, readFileSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";

const { dependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
};

/** An empty database cluster as the build keeps it, of the version of PGlite that is installed. */
export const EMPTY_CLUSTER = new URL(
  `../../dist/db/empty-cluster-${dependencies["@electric-sql/pglite"]}.tar.gz`,
  import.meta.url,
);

/**
 * How PostgreSQL is started in PGlite. Its usual 128 MB of shared buffers are all written to at the start: a second of
 * processor time, and memory that is never given back.
 */
const START_PARAMS = [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"];

/** Opens a cluster, or creates it where there is none: from an archive, or else anew. */
export function startCluster(dataDir: string, archive?: Blob): Promise<PGlite> {
  return PGlite.create(dataDir, {
    startParams: START_PARAMS,
    ...(archive ? { loadDataDir: archive } : { initDbStartParams: ["--wal-segsize=4"] }),
  });
}

/** An archive of a new cluster, with the one database that is used: the rest, to make others from, is half of it. */
export async function archiveEmptyCluster(): Promise<Blob> {
  const client = await startCluster("memory://");
  await client.exec("UPDATE pg_database SET datistemplate = false");
  for (const name of ["template0", "template1"]) await client.exec(`DROP DATABASE ${name}`);
  const archive = await client.dumpDataDir("gzip");
  await client.close();
  return archive;
}

/** A new cluster from the kept one: to make one anew takes PGlite three times as long. */
async function createFromKept(dataDir: string): Promise<PGlite> {
  const archive = await readFile(EMPTY_CLUSTER).catch(() => undefined);
  // Sources that were never built, and the package, which would be four times as large with it.
  return startCluster(dataDir, archive && new Blob([archive], { type: "application/x-gzip" }));
}

/** Opens the cluster of a data directory, or in memory, and creates it where there is none. */
export async function openCluster(dataDir: string): Promise<PGlite> {
  if (dataDir.startsWith("memory://")) return createFromKept(dataDir);
  if (!existsSync(dataDir)) {
    // A process that dies in the middle leaves nothing under the name that counts.
    const unfinished = `${dataDir}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await (await createFromKept(unfinished)).close();
    await rename(unfinished, dataDir);
  }
  return startCluster(dataDir);
}
