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

/** A new cluster from the kept one: to make one anew takes PGlite three times as long. */
async function createFromKept(dataDir: string): Promise<PGlite> {
  const archive = await readFile(EMPTY_CLUSTER).catch(() => undefined);
  // Sources that were never built, and the package, which would be four times as large with it.
  if (!archive) return PGlite.create(dataDir);
  return PGlite.create(dataDir, { loadDataDir: new Blob([archive], { type: "application/x-gzip" }) });
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
  return PGlite.create(dataDir);
}
