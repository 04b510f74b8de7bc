import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { parseAccept } from "hono/utils/accept";
import { remembered } from "./remembered.js";

/** How a body may be written. */
export type Encoding = "br" | "gzip" | "identity";
export type Compression = Exclude<Encoding, "identity">;

/** What is shorter grows, or gains less than a packet. */
export const MIN_COMPRESSED_BYTES = 1024;

/** No client sends more. */
const MAX_ACCEPTED_LENGTH = 1000;
/** The better one first. */
const OFFERED = ["br", "gzip"] as const;

/** The best encoding that a caller takes. @param accepted what `Accept-Encoding` says */
export function encodingFor(accepted: string | undefined): Encoding {
  return accepted === undefined || accepted.length > MAX_ACCEPTED_LENGTH ? "identity" : bestOf(accepted);
}

const bestOf = remembered((accepted: string): Encoding => {
  const taken = parseAccept(accepted);
  const weightOf = (name: string) =>
    (taken.find(({ type }) => type.toLowerCase() === name) ?? taken.find(({ type }) => type === "*"))?.q ?? 0;
  return OFFERED.find((name) => weightOf(name) > 0) ?? "identity";
});

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** A body in any encoding. */
export type EncodedBody = (encoding: Encoding) => Promise<Uint8Array<ArrayBuffer>>;

/** @returns the body as it is, or compressed: once for each encoding, when that is first asked for */
export function encodedOnce(body: Uint8Array<ArrayBuffer>): EncodedBody {
  const kept = new Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>();
  return (encoding) => {
    const known = kept.get(encoding);
    if (known !== undefined) return known;
    const made = encoding === "identity" ? Promise.resolve(body) : compress(body, encoding, "once");
    kept.set(encoding, made);
    // The next one to ask tries again.
    made.catch(() => kept.delete(encoding));
    return made;
  };
}

/** Compresses a body on Node's thread pool. @param effort `once` where the result is kept for many callers */
export function compress(
  body: Uint8Array,
  encoding: Compression,
  effort: "once" | "each",
): Promise<Uint8Array<ArrayBuffer>> {
  if (encoding === "gzip") return toGzip(body, { level: effort === "once" ? 6 : 1 });
  // The best quality takes seconds, while the first caller waits.
  const quality = effort === "once" ? 5 : 1;
  return toBrotli(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}
