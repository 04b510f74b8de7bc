import { Refused } from "./refused.js";

const GZIP_MAGIC = [0x1f, 0x8b];

/**
 * The text of a file, unpacked where it is gzip, whatever it is called.
 *
 * @throws Refused where it is damaged
 */
export async function textOf(file: Blob): Promise<string> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (!GZIP_MAGIC.every((byte, i) => head[i] === byte)) return file.text();
  try {
    return await new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).text();
  } catch {
    throw new Refused((say) => say("The file cannot be unpacked: it is not gzip, or damaged."));
  }
}
