import { TextDecoder } from "node:util";
import { encodingOf } from "../contract/csv-text.js";
import { CommandError } from "./command-error.js";

function notText(path: string): CommandError {
  return new CommandError((say) =>
    [
      say("{file} is not UTF-8. In Excel save it as CSV UTF-8 (comma delimited), or turn it into UTF-8:", {
        file: path,
      }),
      "  iconv -f CP949 -t UTF-8 OLD > NEW",
    ].join("\n"),
  );
}

/**
 * Text of UTF-8, or of UTF-16 that is marked as such, piece by piece. What is neither is refused: Node decodes no
 * CP949 (its `euc-kr` is a part of it, and lets the rest through as other characters).
 *
 * @throws CommandError naming the file
 */
export async function* decodePieces(path: string, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  const decode = (piece?: Uint8Array): string => {
    try {
      return decoder?.decode(piece, { stream: piece !== undefined }) ?? "";
    } catch {
      throw notText(path);
    }
  };
  for await (const piece of pieces) {
    decoder ??= new TextDecoder(encodingOf(piece), { fatal: true });
    const text = decode(piece);
    // UTF-16 without a mark reads as UTF-8 too.
    if (text.includes("\0")) throw notText(path);
    yield text;
  }
  yield decode();
}

/**
 * All of a text of UTF-8, or of UTF-16 that is marked as such.
 *
 * @throws CommandError naming the file
 */
export async function decodeText(path: string, bytes: Uint8Array): Promise<string> {
  let text = "";
  for await (const piece of decodePieces(
    path,
    (async function* () {
      yield bytes;
    })(),
  ))
    text += piece;
  return text;
}
