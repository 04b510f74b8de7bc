import type { Context } from "hono";
import type { EncodedAnswer } from "../domain/comparison/encoded-answer.js";
import { type Compression, compress, encodingFor, MIN_COMPRESSED_BYTES } from "./content-encoding.js";

/** An answer before any server has a hand in it. */
export interface PlainAnswer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** null: none, as of 304. */
  body: Uint8Array | null;
  /** Set where the body is one that many callers get: what it is compressed to is kept with it. */
  kept?: { answer: EncodedAnswer; form: "trpc" | "json" };
}

/**
 * Compresses the body for those who take it, and says that answers vary by it. One that is kept is compressed once.
 *
 * @param accepted what the caller's `Accept-Encoding` says
 */
export async function compressed(answer: PlainAnswer, accepted: string | undefined): Promise<PlainAnswer> {
  const { body, kept } = answer;
  if (body === null || body.byteLength < MIN_COMPRESSED_BYTES) return answer;
  const { vary } = answer.headers;
  const headers: Record<string, string> = {
    ...answer.headers,
    vary: vary === undefined ? "accept-encoding" : `${vary}, accept-encoding`,
  };
  const encoding = encodingFor(accepted);
  if (encoding === "identity") return { ...answer, headers };
  const small = kept
    ? await kept.answer.variant(`${kept.form} ${encoding}`, () => compressOnce(body, encoding))
    : await compress(body, encoding, "each");
  headers["content-encoding"] = encoding;
  return { ...answer, headers, body: small };
}

function compressOnce(body: Uint8Array, encoding: Compression): Promise<Uint8Array> {
  return compress(body, encoding, "once");
}

/** Sends it through Hono. */
export function sendPlain(c: Context, { status, headers, body }: PlainAnswer): Response {
  if (body === null) return c.body(null, status as 304, headers);
  const length = { "content-length": String(body.byteLength) };
  return c.body(body as Uint8Array<ArrayBuffer>, status as 200, { ...headers, ...length });
}
