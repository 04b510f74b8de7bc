import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a running server on an embedded database says how it is reached, for commands on the same machine. */
export interface ServerAddress {
  url: string;
  /** Where it writes a backup and proves who it is, and the secret for both. */
  backup: { url: string; secret: string };
}

/** Below the address of `backup`; what the server is to prove that it knows the secret by stands behind it. */
const PROOF_PATH = "/proof/";
const CHALLENGE = /^\/proof\/([\w-]{1,100})$/;
const DEADLINE_MS = 2000;

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

/** The server that runs on a data directory; undefined where none proves that it is the one. */
export async function findRunningServer(dataDir: string): Promise<ServerAddress | undefined> {
  try {
    const address = JSON.parse(readFileSync(addressFile(dataDir), "utf8")) as ServerAddress;
    return (await provesItself(address)) ? address : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the server that wrote its address still runs. One that was killed leaves the file behind, and another
 * program may have its port by now: that shall get no token, and no secret.
 */
async function provesItself({ backup: { url, secret } }: ServerAddress): Promise<boolean> {
  const challenge = randomBytes(32).toString("base64url");
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const response = await fetch(`${url}${PROOF_PATH}${challenge}`, { signal, redirect: "error" });
  const given = Buffer.from(await response.text());
  const expected = Buffer.from(proofOf(secret, challenge));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** What the server answers to whoever asks a path of it for a proof; undefined for any other path. */
export function answerProof(path: string, secret: string): string | undefined {
  const challenge = CHALLENGE.exec(path)?.[1];
  return challenge === undefined ? undefined : proofOf(secret, challenge);
}

function proofOf(secret: string, challenge: string): string {
  return createHmac("sha256", secret).update(challenge).digest("base64url");
}
