import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where in a data directory the embedded database's cluster lies. */
export function clusterPlace(dataDir: string): string {
  return join(dataDir, "pglite");
}

/** A file that is there while a cluster is being made: what a process that died in the middle left does not count. */
export function unfinishedMark(place: string): string {
  return `${place}.unfinished`;
}

/** Whether there is a cluster that was made to the end. */
export function isCluster(place: string): boolean {
  return existsSync(place) && !existsSync(unfinishedMark(place));
}
