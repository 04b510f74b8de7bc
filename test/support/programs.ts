import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of an executable in a folder, or undefined. */
export function executableIn(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

/** The first of the named programs that stands on PATH, or undefined. */
export function findOnPath(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const path = executableIn(folder, name);
      if (path) return path;
    }
  }
  return undefined;
}

/** The environment a spawned server sees: PATH, plain English messages, and nothing of the caller's. */
export function bareEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };
}
