/** Of a text that has one of these two bytes are held for every character. */
const BEYOND_LATIN_1 = /[\u0100-\uffff]/;
/** What a piece takes besides its characters: pieces may be of a byte each. */
const PIECE_BYTES = 48;

/** Is told after each piece how many bytes have come and how many the text takes here; what it throws ends it. */
export type OnPiece = (bytes: number, held: number) => void;

async function decode(body: ReadableStream<Uint8Array> | null, onPiece: OnPiece): Promise<string> {
  // As the standard's `text()`: what is no UTF-8 becomes U+FFFD, and a byte order mark is left out.
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  let characters = 0;
  let width = 1;
  if (body) {
    for await (const chunk of body) {
      const piece = decoder.decode(chunk, { stream: true });
      pieces.push(piece);
      bytes += chunk.byteLength;
      characters += piece.length;
      if (BEYOND_LATIN_1.test(piece)) width = 2;
      onPiece(bytes, characters * width + pieces.length * PIECE_BYTES);
    }
  }
  return pieces.join("") + decoder.decode();
}

/**
 * Lets `text()` of a request decode its body while it comes in. The server's own `text()` joins and decodes all of it
 * at once, which holds the event loop a tenth of a second longer at 40 MB.
 */
export function readPiecewise(request: Request, onPiece: OnPiece): void {
  const text = () => decode(request.body, onPiece);
  Object.defineProperty(request, "text", { configurable: true, value: text });
}
