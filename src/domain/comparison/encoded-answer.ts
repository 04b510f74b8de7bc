const HEAD = Buffer.from('{"result":{"data":{"json":');
const META = Buffer.from(',"meta":');
const TAIL = Buffer.from("}}}");

/**
 * An answer that is encoded already, once: as tRPC sends it, within which stands the JSON that REST sends.
 * It was checked against the contract before, and is sent as it is.
 */
export class EncodedAnswer {
  /** `{"result":{"data":{"json":...,"meta":...}}}` */
  readonly trpc: Buffer;
  readonly #jsonBytes: number;

  constructor(trpc: Buffer, jsonBytes: number) {
    this.trpc = trpc;
    this.#jsonBytes = jsonBytes;
  }

  /** @param meta what superjson notes beside the JSON; undefined where there is nothing to note */
  static of(json: string, meta: string | undefined): EncodedAnswer {
    const body = Buffer.from(json);
    const parts = meta === undefined ? [HEAD, body, TAIL] : [HEAD, body, META, Buffer.from(meta), TAIL];
    return new EncodedAnswer(Buffer.concat(parts), body.byteLength);
  }

  /** The bare JSON: a view, not a copy. */
  get json(): Buffer {
    return this.trpc.subarray(HEAD.byteLength, HEAD.byteLength + this.#jsonBytes);
  }

  get jsonBytes(): number {
    return this.#jsonBytes;
  }
}
