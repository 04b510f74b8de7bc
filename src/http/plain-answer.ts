import type { Context } from "hono";
import { compress, encodingFor, MIN_COMPRESSED_BYTES } from "./content-encoding.js";

/** What many callers get, in the forms that they ask for, each of which is made once. */
interface ManyForms {
  variant(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array>;
}

/** An answer before any server has a hand in it. */
export interface PlainAnswer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** In parts, which follow each other. null: none, as of 304. */
  body: readonly Uint8Array[] | null;
  /** Set where the body is one that many callers get: what it is compressed to is kept with it. */
  kept?: { answer: ManyForms; form: "trpc" | "trpc batch" | "json" | "csv" };
}

/** Adds to what answers vary by, once, that a body of this length is compressed for those who take it, if it is. */
export function varyByEncoding(headers: Record<string, string>, bytes: number): void {
  if (bytes < MIN_COMPRESSED_BYTES || headers.vary?.endsWith("accept-encoding")) return;
  headers.vary = headers.vary === undefined ? "accept-encoding" : `${headers.vary}, accept-encoding`;
}

/**
 * Compresses the body for those who take it, and says that answers vary by it. One that is kept is compressed once.
 *
 * @param answer is changed, and given back
 * @param accepted what the caller's `Accept-Encoding` says
 */
export async function compressed(answer: PlainAnswer, accepted: string | undefined): Promise<PlainAnswer> {
  const { body, kept } = answer;
  const bytes = body === null ? 0 : lengthOf(body);
  if (body === null || bytes < MIN_COMPRESSED_BYTES) return answer;
  const { headers } = answer;
  varyByEncoding(headers, bytes);
  const encoding = encodingFor(accepted);
  if (encoding === "identity") return answer;
  const small = kept
    ? await kept.answer.variant(`${kept.form} ${encoding}`, () => compress(whole(body), encoding, "once"))
    : await compress(whole(body), encoding, "each");
  headers["content-encoding"] = encoding;
  answer.body = [small];
  return answer;
}

/** Of a body, in bytes. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function whole(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** Sends it through Hono. */
export function sendPlain(c: Context, { status, headers, body }: PlainAnswer): Response {
  if (body === null) return c.body(null, status as 304, headers);
  const length = { "content-length": String(lengthOf(body)) };
  return c.body(whole(body) as Uint8Array<ArrayBuffer>, status as 200, { ...headers, ...length });
}
