import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { getMimeType } from "hono/utils/mime";
import { type EncodedBody, encodedOnce, MIN_COMPRESSED_BYTES } from "./content-encoding.js";

/** One file of the page's build. */
export interface DashboardFile {
  type: string;
  /** Whether its name changes with what it holds. */
  hashed: boolean;
  /** Changes with what it holds. */
  tag: string;
  compressible: boolean;
  /** What is sent where this encoding is asked for. */
  encoded: EncodedBody;
}

/** As the build names what a browser may keep for ever. */
const HASHED = /^assets\/.+-[\w-]{8}\.\w+$/;
const COMPRESSIBLE = /^text\/|javascript|json|svg/;

function createFile(name: string, type: string, read: Uint8Array): DashboardFile {
  const body = new Uint8Array(read);
  return {
    type,
    hashed: HASHED.test(name),
    tag: createHash("sha256").update(body).digest("base64url").slice(0, 22),
    compressible: COMPRESSIBLE.test(type) && body.byteLength >= MIN_COMPRESSED_BYTES,
    encoded: encodedOnce(body),
  };
}

/**
 * Reads the page's build into memory, each file under its exact name, so that no name leads out of the folder.
 *
 * @returns by path below the folder, with slashes; undefined where there is no build
 */
export async function readDashboard(folder: URL): Promise<ReadonlyMap<string, DashboardFile> | undefined> {
  const root = fileURLToPath(folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, DashboardFile>();
  for (const path of paths) {
    const name = relative(root, path).split(sep).join("/");
    const type = getMimeType(name);
    if (type) files.set(name, createFile(name, type, await readFile(path)));
  }
  return files.has("index.html") ? files : undefined;
}
