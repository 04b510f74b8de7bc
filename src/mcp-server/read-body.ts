import type { IncomingMessage } from "node:http";
import { malformed, Refusal } from "./refusal.js";

/**
 * Reads a body as JSON.
 *
 * @param limit bytes
 * @throws Refusal 413 as soon as the body is known to be longer; what still comes is read and thrown away, so that
 * the caller gets to see the answer. 400 where it is not JSON in UTF-8; its text is not repeated.
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const bytes = await readBytes(request, limit);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw malformed("the body is not JSON");
  }
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const refuse = (): void => {
      chunks.length = 0;
      reject(new Refusal(413, "PAYLOAD_TOO_LARGE", `the body is longer than ${limit} bytes`));
    };
    if (Number(request.headers["content-length"] ?? 0) > limit) return refuse();
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) return refuse();
      chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => reject(malformed("the body ended early")));
  });
}
