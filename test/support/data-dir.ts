import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/** Puts an embedded database, migrated, into a data directory: a new one takes seconds of the processor. */
export function prepareDataDir(dataDir: string): void {
  const folder = join(dataDir, "pglite");
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xf", inject("embeddedTemplate"), "-C", folder], { stdio: "ignore" });
}
