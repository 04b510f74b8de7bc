import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Services } from "../context.js";
import type { CacheType } from "../ports.js";
import type { HeldAnswer } from "./answer-cache.js";
import { EncodedAnswer } from "./encoded-answer.js";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Moves when what stands in an entry changes; older entries then no longer open. */
const ENTRY_VERSION = 2;
/** Moment of filling, time to live, and length of the JSON. */
const HEAD_BYTES = 20;
/** Below a mebibyte in base64, which is what a request to Upstash may have; larger answers come from Postgres. */
const MAX_ENTRY_BYTES = 700 * 1024;
const MAX_OPENED_BYTES = 128 * 1024 * 1024;
/** Of a large answer as much is compressed first: it shows whether all of it can fit. */
const SAMPLE_BYTES = 128 * 1024;
/** The rest may be packed so much better than the sample. */
const SAMPLE_SLACK = 1.25;

interface EntryOf {
  services: Services;
  type: CacheType;
  analysisId: string;
}

/** Bound into the seal: an entry opens only as what it was sealed as. */
function contextOf({ type, analysisId }: EntryOf, revision: string, algorithmVersion: string): string {
  return JSON.stringify([ENTRY_VERSION, type, analysisId, revision, algorithmVersion]);
}

/** Compresses an answer. @returns undefined for one that is too large for an entry */
async function pack(answer: Buffer): Promise<Buffer | undefined> {
  const room = MAX_ENTRY_BYTES - HEAD_BYTES;
  if (answer.byteLength > MAX_ENTRY_BYTES) {
    const { byteLength } = await compress(answer.subarray(0, SAMPLE_BYTES), { level: 1 });
    if ((byteLength / SAMPLE_BYTES) * answer.byteLength > SAMPLE_SLACK * room) return undefined;
  }
  const packed = await compress(answer, { level: 1 });
  return packed.byteLength > room ? undefined : packed;
}

/** Stores an answer for all processes, compressed and sealed as a whole. What is too large is left out. */
export async function putSharedAnswer(entry: EntryOf, answer: HeldAnswer, generation: string): Promise<void> {
  const { services, type, analysisId } = entry;
  const packed = await pack(answer.whole.trpc);
  if (!packed) return;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeDoubleLE(answer.filledAt, 0);
  head.writeDoubleLE(answer.ttlMs, 8);
  head.writeUInt32LE(answer.whole.jsonBytes, 16);
  const context = contextOf(entry, answer.revision, answer.algorithmVersion);
  const value = seal(services, Buffer.concat([head, packed]), context);
  if (!value) return;
  const ttlSeconds = Math.ceil(answer.ttlMs / 1000);
  await services.shared.putEntry({ type, analysisId, value, ttlSeconds, generation });
}

/** @returns undefined where the key may seal no more: whoever waits has their answer, which the others then lack */
function seal({ sealer, logger }: Services, packed: Uint8Array, context: string): Uint8Array | undefined {
  try {
    return sealer.sealBytes(packed, context);
  } catch (error) {
    logger.error({ err: error }, "an answer could not be sealed for the other processes");
    return undefined;
  }
}

/** @returns undefined, a miss, for anything that does not open as this answer in this state */
export async function openSharedAnswer(
  entry: EntryOf & { sealed: Uint8Array },
  revision: string,
  algorithmVersion: string,
): Promise<HeldAnswer | undefined> {
  const packed = entry.services.sealer.openBytes(entry.sealed, contextOf(entry, revision, algorithmVersion));
  return packed && unpack(packed, { revision, algorithmVersion }).catch(() => undefined);
}

async function unpack(
  packed: Uint8Array,
  state: Pick<HeldAnswer, "revision" | "algorithmVersion">,
): Promise<HeldAnswer> {
  const head = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const trpc = await decompress(packed.subarray(HEAD_BYTES), { maxOutputLength: MAX_OPENED_BYTES });
  const whole = new EncodedAnswer(trpc, head.readUInt32LE(16));
  return { ...state, whole, filledAt: head.readDoubleLE(0), ttlMs: head.readDoubleLE(8) };
}
