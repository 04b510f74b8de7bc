import { createHash } from "node:crypto";
import type { PegComparisonStatusOutput } from "../../contract/comparison.js";

const HEAD = Buffer.from('{"result":{"data":{"json":');
const META = Buffer.from(',"meta":');
const TAIL = Buffer.from("}}}");
/** Within a text of JSON its quotes would be escaped. */
const CACHED = Buffer.from(',"cached":');
const TRUE = Buffer.from("true");

/** A digest of what a body says, for its entity tag. */
export function tagOf(...parts: Uint8Array[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest("base64url").slice(0, 22);
}

/**
 * An answer that is encoded already, once: as tRPC sends it, within which stands the JSON that REST sends.
 * It was checked against the contract before, and is sent as it is.
 */
export class EncodedAnswer {
  /** `{"result":{"data":{"json":...,"meta":...}}}` */
  readonly trpc: Buffer;
  readonly #jsonBytes: number;
  #tag: string | undefined;
  #cached: boolean | undefined;

  /** @param task the state that it tells, where it stands for a comparison that is still to come */
  constructor(
    trpc: Buffer,
    jsonBytes: number,
    readonly task?: PegComparisonStatusOutput,
  ) {
    this.trpc = trpc;
    this.#jsonBytes = jsonBytes;
  }

  /** @param meta what superjson notes beside the JSON; undefined where there is nothing to note */
  static of(json: string, meta: string | undefined, task?: PegComparisonStatusOutput): EncodedAnswer {
    const body = Buffer.from(json);
    const parts = meta === undefined ? [HEAD, body, TAIL] : [HEAD, body, META, Buffer.from(meta), TAIL];
    return new EncodedAnswer(Buffer.concat(parts), body.byteLength, task);
  }

  /** A digest of what it says: the same for one that was computed and one that was cached. */
  get tag(): string {
    if (this.#tag === undefined) {
      const { json } = this;
      const at = json.lastIndexOf(CACHED);
      this.#tag =
        at === -1 ? tagOf(json) : tagOf(json.subarray(0, at), json.subarray(json.indexOf(",", at + 1)));
    }
    return this.#tag;
  }

  /** Whether it says that it was cached. */
  get cached(): boolean {
    if (this.#cached === undefined) {
      const at = this.json.lastIndexOf(CACHED) + CACHED.byteLength;
      this.#cached = at >= CACHED.byteLength && this.json.subarray(at, at + TRUE.byteLength).equals(TRUE);
    }
    return this.#cached;
  }

  /** The bare JSON: a view, not a copy. */
  get json(): Buffer {
    return this.trpc.subarray(HEAD.byteLength, HEAD.byteLength + this.#jsonBytes);
  }

  get jsonBytes(): number {
    return this.#jsonBytes;
  }
}
