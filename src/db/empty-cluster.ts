import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { MANIFEST, PACKAGE } from "../places.js";
import { isCluster, unfinishedMark } from "./cluster-place.js";

/**
 * Where the build keeps a database cluster whose tables are there and empty. Its name tells of which PGlite and
 * pg-boss and of which migrations it is: none is taken for another.
 */
export function keptCluster(): URL {
  const migrations = new URL("drizzle/", PACKAGE);
  const hash = createHash("sha256");
  for (const name of readdirSync(migrations).sort())
    if (name.endsWith(".sql")) hash.update(name).update(readFileSync(new URL(name, migrations)));
  const { dependencies } = MANIFEST;
  const versions = [dependencies["@electric-sql/pglite"], dependencies["pg-boss"]].join("-");
  const name = `empty-cluster-${versions}-${hash.digest("hex").slice(0, 16)}.tar.gz`;
  return new URL(`dist/db/${name}`, PACKAGE);
}

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

/**
 * An archive of a new cluster, with the one database that is used: the rest, to make others from, is half of it.
 *
 * @param prepare what is done in it before
 */
export async function archiveCluster(
  prepare: (client: PGlite) => Promise<void>,
  compression: "gzip" | "none" = "gzip",
): Promise<Blob> {
  const client = await startCluster("memory://");
  await prepare(client);
  await client.exec("UPDATE pg_database SET datistemplate = false");
  for (const name of ["template0", "template1"]) await client.exec(`DROP DATABASE ${name}`);
  const archive = await client.dumpDataDir(compression);
  await client.close();
  return archive;
}

/** A new cluster from the kept one: to make one anew, and its tables, takes PGlite four times as long. */
async function createFromKept(dataDir: string): Promise<PGlite> {
  const archive = await readFile(keptCluster()).catch(() => undefined);
  // Sources that were never built, and the package, which would be four times as large with it.
  return startCluster(dataDir, archive && new Blob([archive], { type: "application/x-gzip" }));
}

/** Opens the cluster of a data directory, or in memory, and creates it where there is none. */
export async function openCluster(dataDir: string): Promise<PGlite> {
  if (dataDir.startsWith("memory://")) return createFromKept(dataDir);
  if (isCluster(dataDir)) return startCluster(dataDir);
  const mark = unfinishedMark(dataDir);
  // At once: where the process exits and removes the directory, nothing is to be made in it after that.
  mkdirSync(dirname(dataDir), { recursive: true });
  writeFileSync(mark, "");
  // Left by a process that died in the middle.
  await rm(dataDir, { recursive: true, force: true });
  const cluster = await createFromKept(dataDir);
  await rm(mark);
  return cluster;
}
