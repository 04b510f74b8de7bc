import { createHash } from "node:crypto";
import type { PegComparisonStatusOutput } from "../../contract/comparison.js";
import { breathe } from "../breathe.js";

const HEAD = Buffer.from('{"result":{"data":{"json":');
const META = Buffer.from(',"meta":');
const TAIL = Buffer.from("}}}");
/** Within a text of JSON its quotes would be escaped. */
const CACHED = Buffer.from(',"cached":');
const TRUE = Buffer.from("true");
const FALSE = Buffer.from("false");
/** Bytes written between two breaths: a few milliseconds. */
const BYTES_PER_SLICE = 1024 * 1024;

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
  readonly #variants = new Map<string, Promise<Uint8Array>>();
  #variantBytes = 0;
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
    return EncodedAnswer.ofBytes([Buffer.from(json)], meta, task);
  }

  /** The same where the JSON is there as bytes, in parts. */
  static ofBytes(json: Buffer[], meta?: string, task?: PegComparisonStatusOutput): EncodedAnswer {
    const jsonBytes = json.reduce((sum, part) => sum + part.byteLength, 0);
    const note = meta === undefined ? [] : [META, Buffer.from(meta)];
    return new EncodedAnswer(Buffer.concat([HEAD, ...json, ...note, TAIL]), jsonBytes, task);
  }

  /** The same for a large answer, in pieces, which are written slice by slice. */
  static async ofPieces(pieces: readonly string[], meta: string | undefined): Promise<EncodedAnswer> {
    let jsonBytes = 0;
    for (const piece of pieces) jsonBytes += Buffer.byteLength(piece);
    const end = Buffer.from(meta === undefined ? "" : `${META}${meta}`);
    const trpc = Buffer.allocUnsafe(HEAD.byteLength + jsonBytes + end.byteLength + TAIL.byteLength);
    let at = HEAD.copy(trpc);
    let breathedAt = at;
    for (const piece of pieces) {
      at += trpc.write(piece, at);
      if (at - breathedAt < BYTES_PER_SLICE) continue;
      await breathe();
      breathedAt = at;
    }
    at += end.copy(trpc, at);
    TAIL.copy(trpc, at);
    return new EncodedAnswer(trpc, jsonBytes);
  }

  /** The same answer for whoever it was computed for: it says that it was not cached. */
  asComputed(): EncodedAnswer {
    if (!this.cached) return this;
    const at = this.json.lastIndexOf(CACHED) + CACHED.byteLength;
    const start = this.trpc.subarray(0, HEAD.byteLength + at);
    const rest = this.trpc.subarray(HEAD.byteLength + at + TRUE.byteLength);
    const jsonBytes = this.#jsonBytes + FALSE.byteLength - TRUE.byteLength;
    return new EncodedAnswer(Buffer.concat([start, FALSE, rest]), jsonBytes, this.task);
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

  /** The same in another form, compressed for instance, which is made when first asked for, and kept. */
  variant(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#variants.get(name);
    if (known !== undefined) return known;
    const made = make();
    this.#variants.set(name, made);
    made.then(
      ({ byteLength }) => {
        this.#variantBytes += byteLength;
      },
      // The next one to ask tries again.
      () => this.#variants.delete(name),
    );
    return made;
  }

  /** What it takes of memory, with all of its forms. */
  get heldBytes(): number {
    return this.trpc.byteLength + this.#variantBytes;
  }
}
