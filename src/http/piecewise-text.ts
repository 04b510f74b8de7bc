/** A body that is longer is decoded piece by piece. */
const LARGE_BYTES = 1024 * 1024;

async function decode(body: ReadableStream<Uint8Array> | null): Promise<string> {
  // As the standard's `text()`: what is no UTF-8 becomes U+FFFD, and a byte order mark is left out.
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  if (body) for await (const chunk of body) pieces.push(decoder.decode(chunk, { stream: true }));
  return pieces.join("") + decoder.decode();
}

/**
 * Lets `text()` of a request decode a large body while it comes in. The server's own `text()` joins and decodes
 * all of it at once, which holds the event loop a tenth of a second longer at 40 MB.
 */
export function readPiecewise(request: Request, bytes: number): void {
  if (bytes <= LARGE_BYTES) return;
  Object.defineProperty(request, "text", { configurable: true, value: () => decode(request.body) });
}
