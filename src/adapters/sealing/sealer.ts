import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import { PegError } from "../../domain/errors.js";
import { type Metrics, noMetrics } from "../../domain/metrics.js";
import type { Place, Sealer } from "../../domain/ports.js";
import type { KeyRing } from "./key-ring.js";

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** NIST SP 800-38D, 8.3: with nonces drawn at random a key may be used so often, and no more. */
const MOST_SEALS = 2 ** 32;

function keyWornOut(): PegError {
  return new PegError(
    "SERVICE_UNAVAILABLE",
    "The key at hand may seal no more. Ask the operator to change keys in two rounds, as README tells under How keys change.",
  );
}

function cannotOpen(cause: unknown): PegError {
  return new PegError(
    "SERVICE_UNAVAILABLE",
    "Stored data cannot be opened with the keys at hand. Ask the operator to check ENCRYPTION_KEYS.",
    { cause },
  );
}

function isPlace(value: unknown, place: Place): boolean {
  const { table, record, field } = (value ?? {}) as Partial<Place>;
  return table === place.table && record === place.record && field === place.field;
}

/** Encryption at rest: JWE (dir, A256GCM) for values of records, AES-256-GCM for whole cache entries. */
export class RingSealer implements Sealer {
  readonly #ring: KeyRing;
  readonly #metrics: Pick<Metrics, "sealed">;
  /** By this process alone: what others seal with the same keys, or sealed before, cannot be known here. */
  readonly #sealed: { record: number; entry: number };

  /** @param sealedBefore how often each key counts as used from the start */
  constructor(ring: KeyRing, metrics: Pick<Metrics, "sealed"> = noMetrics, sealedBefore = 0) {
    this.#ring = ring;
    this.#metrics = metrics;
    this.#sealed = { record: sealedBefore, entry: sealedBefore };
  }

  get keyId(): string {
    return this.#ring.first.kid;
  }

  knows(keyId: string): boolean {
    return this.#ring.byId.has(keyId);
  }

  /** Counts a use of the first key, before it is used. @throws PegError where that was used as often as it may be */
  #use(kind: "record" | "entry"): void {
    if (this.#sealed[kind] >= MOST_SEALS) throw keyWornOut();
    this.#sealed[kind]++;
    this.#metrics.sealed(this.#ring.first.kid, kind);
  }

  async seal(text: string, place: Place): Promise<string> {
    const { kid, record } = this.#ring.first;
    this.#use("record");
    // The protected header is authenticated, so the place is bound to the text.
    return new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, place: { ...place } })
      .encrypt(record);
  }

  async open(sealed: string, place: Place): Promise<string> {
    try {
      const { plaintext, protectedHeader } = await this.#decrypt(sealed);
      if (!isPlace(protectedHeader.place, place)) throw new Error("sealed for another place");
      return new TextDecoder("utf-8", { fatal: true }).decode(plaintext);
    } catch (error) {
      throw cannotOpen(error);
    }
  }

  async fits(sealed: string): Promise<boolean> {
    return this.#decrypt(sealed).then(
      () => true,
      () => false,
    );
  }

  async #decrypt(sealed: string) {
    const { kid, zip } = decodeProtectedHeader(sealed);
    const key = typeof kid === "string" && zip === undefined ? this.#ring.byId.get(kid) : undefined;
    if (!key) throw new Error("no such key");
    return compactDecrypt(sealed, key.record, {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
  }

  /** Layout: format, length of the key id, key id, nonce, tag, ciphertext. */
  sealBytes(bytes: Uint8Array, context: string): Uint8Array {
    const { kid, entry } = this.#ring.first;
    this.#use("entry");
    const iv = randomBytes(IV_BYTES);
    const header = Buffer.from([FORMAT, Buffer.byteLength(kid), ...Buffer.from(kid)]);
    const cipher = createCipheriv("aes-256-gcm", entry, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
    const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
    return Buffer.concat([header, iv, cipher.getAuthTag(), body]);
  }

  openBytes(sealed: Uint8Array, context: string): Uint8Array | undefined {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const kidLength = bytes[1] ?? 0;
    const ivAt = 2 + kidLength;
    const tagAt = ivAt + IV_BYTES;
    const bodyAt = tagAt + TAG_BYTES;
    if (bytes[0] !== FORMAT || bytes.length < bodyAt) return undefined;
    const key = this.#ring.byId.get(bytes.toString("utf8", 2, ivAt));
    if (!key) return undefined;
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.entry, bytes.subarray(ivAt, tagAt), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.concat([bytes.subarray(0, ivAt), Buffer.from(context)]));
      decipher.setAuthTag(bytes.subarray(tagAt, bodyAt));
      return Buffer.concat([decipher.update(bytes.subarray(bodyAt)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}
