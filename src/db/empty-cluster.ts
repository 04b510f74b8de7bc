import { existsSync, readFileSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8"));
  return version as string;
}

/** An empty database cluster as the build keeps it, of the version of PGlite that is installed. */
export const EMPTY_CLUSTER = new URL(
  `../../dist/db/empty-cluster-${pgliteVersion()}.tar.gz`,
  import.meta.url,
);

/** A new cluster from the kept one: to make one anew takes PGlite three times as long. */
async function createFromKept(dataDir: string): Promise<PGlite> {
  const archive = await readFile(EMPTY_CLUSTER).catch(() => undefined);
  // Sources that were never built.
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
