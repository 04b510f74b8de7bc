import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const keys = z.object({ jwtSecret: z.string().min(32), encryptionKey: z.string().length(43) });
type DevelopmentKeys = z.infer<typeof keys>;

function makeKeys(): DevelopmentKeys {
  return {
    jwtSecret: randomBytes(32).toString("base64url"),
    encryptionKey: randomBytes(32).toString("base64url"),
  };
}

/** The file in a data directory that holds the keys of whoever has set none. */
export function developmentKeysFile(dataDir: string): string {
  return join(dataDir, "development-keys.json");
}

/**
 * Keys for whoever has set none: made once, kept in the data directory, readable to its owner alone. Production
 * refuses to start on them.
 *
 * @throws Error where the file is there but cannot be read: new keys would not open what the old ones sealed
 */
export function developmentKeys(dataDir: string): DevelopmentKeys {
  if (dataDir.startsWith("memory://")) return makeKeys();
  const path = developmentKeysFile(dataDir);
  if (!existsSync(path)) writeKeys(dataDir, path);
  const read = keys.safeParse(JSON.parse(readFileSync(path, "utf8")));
  if (!read.success)
    throw new Error(`${path} is damaged: restore it, for without its keys stored data stays sealed`);
  return read.data;
}

/** Of two processes that start at once one makes the keys, whole, and both read them. */
function writeKeys(dataDir: string, path: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(makeKeys()), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(draft);
  }
}
