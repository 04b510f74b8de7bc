import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** Whether there is something to pack: `describe.skipIf(!isBuilt)`. */
export const isBuilt = existsSync(new URL("../../dist/client/index.d.ts", import.meta.url));

/** What `npm pack` tells. */
export interface Packed {
  filename: string;
  /** Of the tarball, in bytes. */
  size: number;
  files: { path: string; size: number }[];
}

/** Packs dist as it is: building it anew would pull it from under the tests that run beside this one. */
async function npmPack(...options: string[]): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", ...options], {
    cwd: REPOSITORY,
  });
  const [packed] = JSON.parse(stdout) as Packed[];
  if (!packed) throw new Error("nothing was packed");
  return packed;
}

/** Tells what the package would hold. */
export const listPacked = (): Promise<Packed> => npmPack("--dry-run");

/** Packs into a folder. @returns the path of the tarball */
export async function pack(folder: string): Promise<string> {
  return join(folder, (await npmPack("--pack-destination", folder)).filename);
}

/** Unpacks a tarball where an installation would put it. */
export async function unpack(tarball: string, place: string): Promise<void> {
  await mkdir(place, { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", place, "--strip-components=1"]);
}
