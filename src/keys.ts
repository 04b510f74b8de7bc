import { createHash } from "node:crypto";
import type { KeySettings } from "./adapters/auth/key-source.js";
import { createKeyRing, type EncryptionKey } from "./adapters/sealing/key-ring.js";
import { RingSealer } from "./adapters/sealing/sealer.js";
import { type Config, ConfigError } from "./config.js";
import type { OpenDatabase } from "./db/open.js";
import { developmentKeys } from "./development-keys.js";
import type { Sealer } from "./domain/ports.js";
import { findMissingKeys, findWrongKeys } from "./domain/sealing/rotate-keys.js";

/** Whether anything lies in the data directory: the embedded database, or keys that are made where none are set. */
export function usesDataDir(config: Config): boolean {
  const tokens = config.JWT_JWKS_URL ?? config.JWT_PUBLIC_KEY ?? config.JWT_SECRET;
  return !config.DATABASE_URL || !tokens || !config.ENCRYPTION_KEYS;
}

/** What tokens are checked with. */
export function tokenKeys(config: Config): KeySettings {
  if (config.JWT_JWKS_URL) return { kind: "jwks", url: config.JWT_JWKS_URL };
  if (config.JWT_PUBLIC_KEY) return { kind: "public-key", pem: config.JWT_PUBLIC_KEY };
  return { kind: "secret", secret: config.JWT_SECRET ?? developmentKeys(config.DATA_DIR).jwtSecret };
}

/** What is sealed with, the first; the others open what was sealed before. */
export function encryptionKeys(config: Config): EncryptionKey[] {
  if (config.ENCRYPTION_KEYS) return config.ENCRYPTION_KEYS;
  const { encryptionKey } = developmentKeys(config.DATA_DIR);
  const secret = new Uint8Array(Buffer.from(encryptionKey, "base64url"));
  // Two data directories have two keys, whose data may meet in one database.
  const fingerprint = createHash("sha256").update(secret).digest("hex").slice(0, 8);
  return [{ kid: `development-${fingerprint}`, secret }];
}

/** The key ring of the settings. */
export async function createSealer(config: Config): Promise<RingSealer> {
  return new RingSealer(await createKeyRing(encryptionKeys(config)));
}

/** @throws ConfigError where stored data could not be opened */
export async function refuseMissingKeys({ db }: OpenDatabase, sealer: Sealer): Promise<void> {
  const missing = await findMissingKeys({ db, sealer });
  if (missing.length) {
    throw new ConfigError([
      `ENCRYPTION_KEYS: the database holds data sealed with ${missing.join(", ")}, which is not among the keys. ` +
        "Add it after the first key; `peg-bff rotate-keys` then makes it dispensable.",
    ]);
  }
  const wrong = await findWrongKeys({ db, sealer });
  if (wrong.length) {
    throw new ConfigError([
      `ENCRYPTION_KEYS: stored data does not open with ${wrong.join(", ")}: it was sealed with another secret ` +
        "under that name. Put the right secret back, and give a new one a new name.",
    ]);
  }
}
