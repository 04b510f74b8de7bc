import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createKeyRing } from "../../../src/adapters/sealing/key-ring.js";
import { RingSealer } from "../../../src/adapters/sealing/sealer.js";
import type { HeldAnswer } from "../../../src/domain/comparison/answer-cache.js";
import { encodeComparison } from "../../../src/domain/comparison/encode-comparison.js";
import { EncodedAnswer } from "../../../src/domain/comparison/encoded-answer.js";
import { openSharedAnswer, putSharedAnswer } from "../../../src/domain/comparison/shared-answers.js";
import type { Services } from "../../../src/domain/context.js";
import { CACHE_TYPES, type EntryToPut, type Sealer, type SharedStore } from "../../../src/domain/ports.js";
import { comparisonOf } from "../fixtures.js";

const REVISION = "revision 1";
const VERSION = "v2.1.0";

/** The part of the services that is used here. */
function servicesWith(sealer: Sealer): Services {
  const shared: Pick<SharedStore, "putEntry"> = { putEntry: async (entry) => entries.push(entry) > 0 };
  return { sealer, shared } as unknown as Services;
}
const sealerWith = async (byte: number) =>
  new RingSealer(await createKeyRing([{ kid: "test", secret: new Uint8Array(Buffer.alloc(32, byte)) }]));

let services: Services;
let entries: EntryToPut[];
beforeEach(async () => {
  entries = [];
  services = servicesWith(await sealerWith(7));
});

const answerOf = (whole: EncodedAnswer): HeldAnswer => ({
  revision: REVISION,
  algorithmVersion: VERSION,
  whole,
  filledAt: 1_700_000_000_123,
  ttlMs: 90_500,
});
const comparison = () => encodeComparison("a", comparisonOf(0.1), true);
const put = async (given?: HeldAnswer, analysisId = "a"): Promise<Uint8Array> => {
  const answer = given ?? answerOf(await comparison());
  await putSharedAnswer({ services, type: "peg_comparison", analysisId }, answer, "generation");
  const entry = entries.at(-1);
  if (!entry) throw new Error("nothing was put");
  return entry.value;
};
interface Asked {
  type?: (typeof CACHE_TYPES)[number];
  analysisId?: string;
  revision?: string;
  version?: string;
}
const open = (
  sealed: Uint8Array,
  { type = "peg_comparison", analysisId = "a", revision, version }: Asked = {},
) => openSharedAnswer({ services, type, analysisId, sealed }, revision ?? REVISION, version ?? VERSION);

describe("an answer in the shared store", () => {
  test("opens as it was put, with the time that it was filled at and its TTL", async () => {
    const answer = answerOf(await comparison());
    const opened = await open(await put(answer));
    expect(opened).toMatchObject({
      revision: REVISION,
      algorithmVersion: VERSION,
      filledAt: answer.filledAt,
      ttlMs: 90_500,
    });
    expect(opened?.whole.trpc.equals(answer.whole.trpc)).toBe(true);
    expect(opened?.whole.json.equals(answer.whole.json)).toBe(true);
  });

  test("opens as it was put, whatever its text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.option(fc.json(), { nil: undefined }), async (json, meta) => {
        const whole = EncodedAnswer.of(json, meta);
        const opened = await open(await put(answerOf(whole)));
        expect(opened?.whole.trpc.equals(whole.trpc)).toBe(true);
        expect(opened?.whole.json.toString()).toBe(json);
      }),
      { numRuns: 100 },
    );
  });

  test("is put under its own name, generation, and TTL in whole seconds, not shorter", async () => {
    await put();
    expect(entries[0]).toMatchObject({
      type: "peg_comparison",
      analysisId: "a",
      generation: "generation",
      ttlSeconds: 91,
    });
  });

  test("C14: stands there sealed: nothing of it can be read", async () => {
    const sealed = Buffer.from(await put());
    expect(sealed.includes("PEG")).toBe(false);
    expect(sealed.includes(REVISION)).toBe(false);
    // Nor is it gzip with a few bytes around it.
    expect(sealed.includes(Buffer.from([0x1f, 0x8b, 0x08]))).toBe(false);
  });

  test("is a miss for another state, another kind and another analysis", async () => {
    const sealed = await put();
    for (const asked of [
      { revision: "revision 2" },
      { version: "v3" },
      { analysisId: "b" },
      { analysisId: "a:" },
    ]) {
      expect(await open(sealed, asked)).toBeUndefined();
    }
    for (const type of CACHE_TYPES)
      expect((await open(sealed, { type })) !== undefined).toBe(type === "peg_comparison");
  });

  test("cannot be taken for one whose names only run together alike", async () => {
    const sealed = await put({ ...answerOf(await comparison()), revision: 'x","y', algorithmVersion: "z" });
    expect(await open(sealed, { revision: "x", version: 'y","z' })).toBeUndefined();
    expect(await open(sealed, { revision: 'x","y', version: "z" })).toBeDefined();
  });

  test("C8: is a miss where it was cut short, at every length", async () => {
    const sealed = await put();
    for (let length = 0; length < sealed.length; length++) {
      expect(await open(sealed.subarray(0, length))).toBeUndefined();
    }
  });

  test("C8: is a miss with any byte changed", async () => {
    const sealed = await put();
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      expect(await open(changed)).toBeUndefined();
    }
  });

  test("C8: is a miss where something else stands in its place", async () => {
    const texts = ["Aborted", "", "null", "{}", '{"data":{}}', '{"data":"x","cached_at":"2024","ttl":3600}'];
    for (const text of texts) expect(await open(Buffer.from(text))).toBeUndefined();
    expect(await open(gzipSync("x".repeat(100)))).toBeUndefined();
    expect(await open(randomBytes(10_000_000))).toBeUndefined();
  });

  test("C8: is a miss where what was sealed is no answer, though the seal is ours", async () => {
    const context = JSON.stringify([2, "peg_comparison", "a", REVISION, VERSION]);
    // The context is the right one: an answer sealed so opens.
    const opened = services.sealer.openBytes(await put(), context);
    expect(opened).toBeDefined();
    const whole = Buffer.from(opened ?? []);
    for (const bytes of [
      Buffer.from("no gzip"),
      whole.subarray(0, whole.length - 12),
      gzipSync("short"),
      whole.subarray(0, 19),
      Buffer.alloc(0),
    ]) {
      expect(await open(services.sealer.sealBytes(bytes, context))).toBeUndefined();
    }
  });

  test("C8: is a miss where it would unpack to more than an answer can be", async () => {
    const context = JSON.stringify([2, "peg_comparison", "a", REVISION, VERSION]);
    const head = Buffer.from(services.sealer.openBytes(await put(), context) ?? []).subarray(0, 20);
    const bomb = Buffer.concat([head, gzipSync(Buffer.alloc(129 * 1024 * 1024), { level: 1 })]);
    expect(await open(services.sealer.sealBytes(bomb, context))).toBeUndefined();
  });

  test("is left out where it is too large, and put where its size is only repetition", async () => {
    const repeated = EncodedAnswer.of(JSON.stringify("x".repeat(20 * 1024 * 1024)), undefined);
    expect((await open(await put(answerOf(repeated))))?.whole.trpc.equals(repeated.trpc)).toBe(true);
    expect(entries).toHaveLength(1);
    const random = new EncodedAnswer(randomBytes(9 * 1024 * 1024), 1);
    await putSharedAnswer({ services, type: "peg_comparison", analysisId: "a" }, answerOf(random), "g");
    expect(entries).toHaveLength(1);
  });

  test("is judged by its beginning where it is large: what has noise there is not compressed to its end", async () => {
    const [noise, nothing] = [randomBytes(300 * 1024), Buffer.alloc(5 * 1024 * 1024)];
    const put = (...parts: Buffer[]) => {
      const answer = answerOf(new EncodedAnswer(Buffer.concat(parts), 1));
      return putSharedAnswer({ services, type: "peg_comparison", analysisId: "a" }, answer, "g");
    };
    await put(noise, nothing);
    expect(entries).toHaveLength(0);
    await put(nothing, noise);
    expect(entries).toHaveLength(1);
  });

  test("is compressed at the quickest level, for whoever waits", async () => {
    const whole = EncodedAnswer.of(JSON.stringify(randomBytes(20_000).toString("hex")), undefined);
    const context = JSON.stringify([2, "peg_comparison", "a", REVISION, VERSION]);
    const opened = services.sealer.openBytes(await put(answerOf(whole)), context);
    expect(opened).toHaveLength(20 + gzipSync(whole.trpc, { level: 1 }).length);
    expect(gzipSync(whole.trpc)).not.toHaveLength(gzipSync(whole.trpc, { level: 1 }).length);
  });

  test("is put up to 700 KiB, compressed, and left out a byte above", async () => {
    const noise = randomBytes(720 * 1024);
    const packedBytes = (bytes: number) => 20 + gzipSync(noise.subarray(0, bytes), { level: 1 }).length;
    let bytes = 700 * 1024;
    // Noise does not shrink: a byte less of it is a byte less of the whole.
    bytes -= packedBytes(bytes) - 700 * 1024;
    expect(packedBytes(bytes)).toBe(700 * 1024);
    await put(answerOf(new EncodedAnswer(noise.subarray(0, bytes), 1)));
    expect(entries).toHaveLength(1);
    const above = answerOf(new EncodedAnswer(noise.subarray(0, bytes + 1), 1));
    await putSharedAnswer({ services, type: "peg_comparison", analysisId: "a" }, above, "g");
    expect(entries).toHaveLength(1);
  });

  test("E7: is left out, and an operator told, where the key may seal no more", async () => {
    const told: unknown[][] = [];
    const logger = { error: (...line: unknown[]) => void told.push(line) };
    const worn = new RingSealer(
      await createKeyRing([{ kid: "test", secret: new Uint8Array(32) }]),
      undefined,
      2 ** 32,
    );
    const entry = { services: { ...servicesWith(worn), logger } as unknown as Services, analysisId: "a" };
    const answer = answerOf(await comparison());
    await putSharedAnswer({ ...entry, type: "peg_comparison" }, answer, "generation");
    expect(entries).toEqual([]);
    expect(told).toEqual([
      [
        { err: expect.objectContaining({ code: "SERVICE_UNAVAILABLE" }) },
        "an answer could not be sealed for the other processes",
      ],
    ]);
  });

  test("is a miss under other keys", async () => {
    const sealed = await put();
    services = servicesWith(await sealerWith(9));
    expect(await open(sealed)).toBeUndefined();
  });
});
