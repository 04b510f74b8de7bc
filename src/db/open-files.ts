import { readFileSync } from "node:fs";

/** What the embedded database and the rest of the process keep open, with room for more tables. */
const RESERVED = 224;
const MIN_CONNECTIONS = 16;

/**
 * How many connections a server on the embedded database may hold at once: an engine that finds no file left where it
 * makes one does not write any more until it is started again. Undefined where the system tells no limit.
 */
export function connectionsBesideFiles(): number | undefined {
  let limits: string;
  try {
    limits = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return undefined;
  }
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
  return files > 0 ? Math.max(MIN_CONNECTIONS, files - RESERVED) : undefined;
}
