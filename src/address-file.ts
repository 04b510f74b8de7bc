import { join } from "node:path";

/** Where a running server on an embedded database says how it is reached, for commands on the same machine. */
export function addressFile(dataDir: string): string {
  return join(dataDir, "server.json");
}
