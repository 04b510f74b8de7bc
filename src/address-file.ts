import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a running server on an embedded database says how it is reached, for commands on the same machine. */
export interface ServerAddress {
  url: string;
  /** Where it writes a backup, and the secret that it asks for. */
  backup?: { url: string; secret: string };
}

function addressFile(dataDir: string): string {
  return join(dataDir, "server.json");
}

/** Readable to its owner alone. */
export function writeAddress(dataDir: string, address: ServerAddress): void {
  // What is there may be of a server that was killed, and readable to others.
  removeAddress(dataDir);
  writeFileSync(addressFile(dataDir), JSON.stringify(address), { mode: 0o600 });
}

export function removeAddress(dataDir: string): void {
  rmSync(addressFile(dataDir), { force: true });
}

/** The server that runs on a data directory; undefined where none answers. */
export async function findRunningServer(dataDir: string): Promise<ServerAddress | undefined> {
  try {
    const address = JSON.parse(readFileSync(addressFile(dataDir), "utf8")) as ServerAddress;
    const response = await fetch(`${address.url}/healthz`, { signal: AbortSignal.timeout(2000) });
    return response.ok ? address : undefined;
  } catch {
    return undefined;
  }
}
