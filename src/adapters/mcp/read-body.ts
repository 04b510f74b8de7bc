import { AttemptFailure } from "./failure.js";

const BLOCK_BYTES = 1024 * 1024;

/** The bytes of an answer, in blocks of memory that nothing else looks at, so that they can move to a thread. */
export interface AnswerBytes {
  blocks: Uint8Array<ArrayBuffer>[];
  length: number;
}

/**
 * Reads a body to its end, decoded, and stops as soon as it is bigger than `maxBytes`.
 *
 * @throws AttemptFailure "too_large"; else what the stream throws
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null | undefined,
  maxBytes: number,
): Promise<AnswerBytes> {
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  let block = new Uint8Array(0);
  let used = 0;
  if (!body) return { blocks, length };

  const reader = body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    let chunk = part.value;
    length += chunk.byteLength;
    if (length > maxBytes) {
      await reader.cancel().catch(() => {});
      throw new AttemptFailure("too_large", `the body is over ${maxBytes} bytes`, false, false);
    }
    while (chunk.byteLength > 0) {
      if (used === block.byteLength) {
        if (used > 0) blocks.push(block);
        block = new Uint8Array(
          blocks.length === 0 && used === 0 ? Math.max(chunk.byteLength, 64 * 1024) : BLOCK_BYTES,
        );
        used = 0;
      }
      const fits = Math.min(chunk.byteLength, block.byteLength - used);
      block.set(chunk.subarray(0, fits), used);
      used += fits;
      chunk = chunk.subarray(fits);
    }
  }
  if (used > 0) blocks.push(block.subarray(0, used));
  return { blocks, length };
}

/** The bytes as UTF-8 text. @throws TypeError where they are not UTF-8 */
export function decodeText({ blocks, length }: AnswerBytes): string {
  const whole = blocks.length === 1 ? (blocks[0] as Uint8Array) : Buffer.concat(blocks, length);
  return new TextDecoder("utf-8", { fatal: true }).decode(whole);
}
