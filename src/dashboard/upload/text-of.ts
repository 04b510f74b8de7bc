import { encodingOf } from "../../contract/csv-text.js";
import { Refused } from "./refused.js";

const GZIP_MAGIC = [0x1f, 0x8b];
const MEGABYTE = 1_000_000;
/** A worker holds all of a file, many times over while it is cut into fields: of more than this it would fail. */
const MAX_BYTES = 100 * MEGABYTE;

/** What a file says. */
export interface FileText {
  text: string;
  /** Whether its bytes are no UTF-8, and were taken for Korean of Windows. */
  isKorean: boolean;
}

/** The bytes are not of the encoding that they were read by. */
class OtherEncoding extends Error {}

/**
 * The text of a file, unpacked where it is gzip, whatever it is called. Without a mark it is UTF-8, or else what Excel
 * writes on a Korean Windows; no character is ever replaced.
 *
 * @throws Refused where it is damaged, too large, or no text
 */
export async function textOf(file: Blob, maxBytes = MAX_BYTES): Promise<FileText> {
  const isPacked = await isGzip(file);
  if (!isPacked && file.size > maxBytes) throw tooLarge(isPacked, maxBytes);
  for (const encoding of [undefined, "euc-kr"]) {
    try {
      let text = "";
      for await (const piece of decoded(piecesOf(file, isPacked, maxBytes), encoding)) text += piece;
      return { text, isKorean: encoding !== undefined };
    } catch (error) {
      if (!(error instanceof OtherEncoding)) throw error;
    }
  }
  throw new Refused((say) =>
    say(
      "The file is no text that can be read here. In Excel save it as CSV UTF-8 (comma delimited), and choose that one.",
    ),
  );
}

async function isGzip(file: Blob): Promise<boolean> {
  try {
    const head = new Uint8Array(await file.slice(0, GZIP_MAGIC.length).arrayBuffer());
    return GZIP_MAGIC.every((byte, i) => head[i] === byte);
  } catch {
    throw gone();
  }
}

/** @throws Refused where there is more than may be, or it cannot be read */
async function* piecesOf(file: Blob, isPacked: boolean, maxBytes: number): AsyncGenerator<Uint8Array> {
  const stream = isPacked ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const reader = stream.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { value } = await reader.read().catch((error: unknown) => {
        // What keeps the browser from the file is told by a DOMException, and comes through the unpacking.
        throw isPacked && !(error instanceof DOMException) ? damaged() : gone();
      });
      if (!value) return;
      bytes += value.length;
      if (bytes > maxBytes) throw tooLarge(isPacked, maxBytes);
      yield value;
    }
  } finally {
    // Rejects where the stream has failed, which was told.
    reader.cancel().catch(() => undefined);
  }
}

const createDecoder = (encoding: string) => new TextDecoder(encoding, { fatal: true });
type Decoder = ReturnType<typeof createDecoder>;

/**
 * @param encoding where it is known; else it is told by the first bytes
 * @throws OtherEncoding
 */
async function* decoded(
  pieces: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
): AsyncGenerator<string> {
  let decoder: Decoder | undefined;
  for await (const piece of pieces) {
    decoder ??= createDecoder(encoding ?? encodingOf(piece));
    yield decode(decoder, piece);
  }
  if (decoder) yield decode(decoder);
}

function decode(decoder: Decoder, piece?: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    throw new OtherEncoding();
  }
  // UTF-16 without a mark reads as UTF-8 too, and so do many files that are no text.
  if (text.includes("\0")) throw new OtherEncoding();
  return text;
}

function tooLarge(isPacked: boolean, maxBytes: number): Refused {
  const max = Math.floor(maxBytes / MEGABYTE);
  return new Refused((say) =>
    isPacked
      ? say("The file unpacks to more than {max} MB. Leave out columns or days, and choose it anew.", { max })
      : say("The file is larger than {max} MB. Leave out columns or days, and choose it anew.", { max }),
  );
}

function damaged(): Refused {
  return new Refused((say) => say("The file cannot be unpacked: it is not gzip, or damaged."));
}

function gone(): Refused {
  return new Refused((say) =>
    say("The file can no longer be read: it was changed, moved or removed. Choose it anew."),
  );
}
