import { expect, inject, test } from "vitest";
import { createKeyRing, type EncryptionKey } from "../../../src/adapters/sealing/key-ring.js";
import { RingSealer } from "../../../src/adapters/sealing/sealer.js";
import { noMetrics } from "../../../src/domain/metrics.js";
import { rotateKeys } from "../../../src/domain/sealing/rotate-keys.js";
import { sampleAnalysis, startBackend, TEST_KEY } from "../../support/backend.js";
import { openFromTemplate } from "../../support/embedded-template.js";

const K1: EncryptionKey = { kid: "k1", secret: new Uint8Array(Buffer.alloc(32, 1)) };
const K2: EncryptionKey = { kid: "k2", secret: new Uint8Array(Buffer.alloc(32, 2)) };
const PLACE = { table: "t", record: "r", field: "f" };
const CONTEXT = "a context";
const BYTES = new Uint8Array([1, 2, 3]);
/** What NIST SP 800-38D allows for a key with nonces drawn at random. */
const MOST = 2 ** 32;

const REFUSAL = {
  code: "SERVICE_UNAVAILABLE",
  message:
    "The key at hand may seal no more. Ask the operator to change keys in two rounds, as README tells under How keys change.",
};

/** A sealer whose keys were used so often, and what it has told of itself. */
async function sealerAfter(used: number, ...keys: EncryptionKey[]) {
  const told: string[] = [];
  const metrics = { ...noMetrics, sealed: (_: string, kind: string) => void told.push(kind) };
  return { sealer: new RingSealer(await createKeyRing(keys), metrics, used), told };
}

test("E7: a key seals 2^32 values and not one more, also where many are asked for at once", async () => {
  const { sealer, told } = await sealerAfter(MOST - 2, K1);
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => sealer.seal("CELL-1", PLACE)));
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
  await expect(sealer.seal("CELL-1", PLACE)).rejects.toMatchObject(REFUSAL);
  // What was refused used up no nonce, and is not counted as if it had.
  expect(told).toEqual(["record", "record"]);
});

test("E7: the key of cache entries, which is another one, is counted by itself", async () => {
  const { sealer, told } = await sealerAfter(MOST - 1, K1);
  sealer.sealBytes(BYTES, CONTEXT);
  expect(() => sealer.sealBytes(BYTES, CONTEXT)).toThrow(expect.objectContaining(REFUSAL));
  await sealer.seal("CELL-1", PLACE);
  await expect(sealer.seal("CELL-1", PLACE)).rejects.toMatchObject(REFUSAL);
  expect(told).toEqual(["entry", "record"]);
});

test("E7: what a worn key sealed still opens, and a new key before it seals", async () => {
  const { sealer: worn } = await sealerAfter(MOST - 1, K1);
  const value = await worn.seal("CELL-1", PLACE);
  const entry = worn.sealBytes(BYTES, CONTEXT);
  expect(await worn.open(value, PLACE)).toBe("CELL-1");
  expect([...(worn.openBytes(entry, CONTEXT) ?? [])]).toEqual([...BYTES]);
  const { sealer: rotated } = await sealerAfter(0, K2, K1);
  const anew = await rotated.seal(await rotated.open(value, PLACE), PLACE);
  expect(await rotated.open(anew, PLACE)).toBe("CELL-1");
});

test("E7: to change keys for one that may seal no more is refused; no record is called unreadable for it", async () => {
  const database = await openFromTemplate(inject("embeddedTemplate"));
  const backend = await startBackend({}, { database });
  try {
    const owner = await backend.clientOf("owner");
    await owner.analysis.create.mutate(sampleAnalysis());
    const services = { db: database.db, clock: { now: () => Date.now() } };
    const { sealer: worn } = await sealerAfter(MOST, K2, TEST_KEY);
    await expect(rotateKeys({ ...services, sealer: worn }, "operator")).rejects.toMatchObject(REFUSAL);
    const { sealer: stranger } = await sealerAfter(0, K2, K1);
    expect(await rotateKeys({ ...services, sealer: stranger }, "operator")).toEqual({
      done: 0,
      unreadable: 1,
    });
    const { sealer: fresh } = await sealerAfter(0, K2, TEST_KEY);
    expect(await rotateKeys({ ...services, sealer: fresh }, "operator")).toEqual({ done: 1, unreadable: 0 });
  } finally {
    await backend.stop();
    await database.close();
  }
});
