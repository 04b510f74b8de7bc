import { createCipheriv, hkdfSync, randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { createKeyRing, type EncryptionKey, type KeyRing } from "../../../src/adapters/sealing/key-ring.js";
import { RingSealer } from "../../../src/adapters/sealing/sealer.js";
import { PegError } from "../../../src/domain/errors.js";
import type { Place } from "../../../src/domain/ports.js";

const K1: EncryptionKey = { kid: "k1", secret: new Uint8Array(Buffer.alloc(32, 1)) };
const K2: EncryptionKey = { kid: "k2", secret: new Uint8Array(Buffer.alloc(32, 2)) };
const PLACE: Place = { table: "t", record: "r", field: "f" };
const CONTEXT = "a context";

const sealerOf = async (...keys: EncryptionKey[]) => new RingSealer(await createKeyRing(keys));

let ring: KeyRing;
let sealer: RingSealer;
beforeEach(async () => {
  ring = await createKeyRing([K1]);
  sealer = new RingSealer(ring);
});

/** The one failure that opening a value ends with. */
async function refusal(sealed: string, place = PLACE, by = sealer): Promise<object> {
  const outcome = await by.open(sealed, place).then(
    (text) => `opened: ${text}`,
    (error: unknown) => error,
  );
  if (!(outcome instanceof PegError)) throw new Error(String(outcome));
  return { code: outcome.code, message: outcome.message, details: outcome.details };
}

const UNIFORM = {
  code: "SERVICE_UNAVAILABLE",
  message: "Stored data cannot be opened with the keys at hand. Ask the operator to check ENCRYPTION_KEYS.",
  details: undefined,
};

/** Every text that differs from this one in one bit of what one of its characters stands for. */
function* flips(base64url: string): Generator<string> {
  const bytes = Buffer.from(base64url, "base64url");
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield copy.toString("base64url");
  }
}

describe("values of records", () => {
  test("E1: open as they were, whatever they are", async () => {
    const texts = [
      "",
      " ",
      "null",
      "é",
      "e\u0301",
      "셀-1",
      "𝒞",
      "\u0000\n\t",
      '{"a":1}',
      "x".repeat(1_048_576),
    ];
    for (const text of texts) expect(await sealer.open(await sealer.seal(text, PLACE), PLACE)).toBe(text);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        expect(await sealer.open(await sealer.seal(text, PLACE), PLACE)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test("E1, E8: are never sealed twice alike", async () => {
    const sealed = await Promise.all(Array.from({ length: 2000 }, () => sealer.seal("CELL-1", PLACE)));
    expect(new Set(sealed.map((jwe) => jwe.split(".")[2])).size).toBe(2000);
    expect(new Set(sealed.map((jwe) => jwe.split(".")[3])).size).toBe(2000);
  });

  test("are JWE with a direct key, named in the header with the place, and hold nothing plain", async () => {
    const sealed = await sealer.seal("CELL-CANARY", PLACE);
    expect(decodeProtectedHeader(sealed)).toEqual({ alg: "dir", enc: "A256GCM", kid: "k1", place: PLACE });
    expect(sealed).not.toContain("CANARY");
    expect(Buffer.from(sealed, "base64url").includes("CANARY")).toBe(false);
  });

  test("E2: fail, all in the same way, with any bit of header, nonce, ciphertext or tag changed", async () => {
    const parts = (await sealer.seal("CELL-1", PLACE)).split(".");
    const outcomes = new Set<string>();
    let changes = 0;
    for (const part of [0, 2, 3, 4]) {
      for (const flipped of flips(parts[part] ?? "")) {
        changes++;
        outcomes.add(
          JSON.stringify(await refusal(parts.map((text, i) => (i === part ? flipped : text)).join("."))),
        );
      }
    }
    expect(changes).toBeGreaterThan(800);
    expect([...outcomes].map((text) => JSON.parse(text))).toEqual([
      { code: UNIFORM.code, message: UNIFORM.message },
    ]);
  });

  test("E2: fail with a short tag, a short nonce, a part too few or too many, or as no JWE at all", async () => {
    const [head = "", , iv = "", body = "", tag = ""] = (await sealer.seal("CELL-1", PLACE)).split(".");
    const shortened = (part: string, bytes: number) =>
      Buffer.from(part, "base64url").subarray(0, bytes).toString("base64url");
    const broken = [
      [head, "", iv, body, shortened(tag, 4)],
      [head, "", iv, body, shortened(tag, 12)],
      [head, "", iv, body, ""],
      [head, "", shortened(iv, 8), body, tag],
      [head, "", "", body, tag],
      [head, "AAAA", iv, body, tag],
      [head, "", iv, body],
      [head, "", iv, body, tag, ""],
      ["", "", iv, body, tag],
      ["e30", "", iv, body, tag],
      [Buffer.from("null").toString("base64url"), "", iv, body, tag],
    ].map((parts) => parts.join("."));
    for (const sealed of [...broken, "", "CELL-1", "null", "....", "\u0000"]) {
      expect(await refusal(sealed)).toEqual(UNIFORM);
    }
  });

  test("E3: open in their own place only", async () => {
    const sealed = await sealer.seal("CELL-1", PLACE);
    for (const change of [{ table: "t2" }, { record: "r2" }, { field: "f2" }, { record: "" }]) {
      expect(await refusal(sealed, { ...PLACE, ...change })).toEqual(UNIFORM);
    }
    expect(await refusal(sealed, { table: "r", record: "t", field: "f" })).toEqual(UNIFORM);
    expect(await sealer.open(sealed, { ...PLACE })).toBe("CELL-1");
  });

  test("E3: a value without a place, which jose itself opens, does not open", async () => {
    const key = ring.first.record;
    const placeless = await new CompactEncrypt(Buffer.from("CELL-1"))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: "k1" })
      .encrypt(key);
    expect(Buffer.from((await compactDecrypt(placeless, key)).plaintext).toString()).toBe("CELL-1");
    expect(await refusal(placeless)).toEqual(UNIFORM);
  });

  test("E4: values under other algorithms do not open, though the secret is the same", async () => {
    const header = { kid: "k1", place: { ...PLACE } };
    const text = Buffer.from("CELL-1");
    const foreign = await Promise.all([
      new CompactEncrypt(text)
        .setProtectedHeader({ ...header, alg: "PBES2-HS256+A128KW", enc: "A256GCM" })
        .encrypt(K1.secret),
      new CompactEncrypt(text)
        .setProtectedHeader({ ...header, alg: "A256KW", enc: "A256GCM" })
        .encrypt(K1.secret),
      new CompactEncrypt(text)
        .setProtectedHeader({ ...header, alg: "A256GCMKW", enc: "A256GCM" })
        .encrypt(K1.secret),
      new CompactEncrypt(text)
        .setProtectedHeader({ ...header, alg: "dir", enc: "A128CBC-HS256" })
        .encrypt(K1.secret),
      new CompactEncrypt(text)
        .setProtectedHeader({ ...header, alg: "dir", enc: "A128GCM" })
        .encrypt(K1.secret.slice(0, 16)),
    ]);
    for (const sealed of foreign) expect(await refusal(sealed)).toEqual(UNIFORM);
  });

  test("E4: a compressed value is refused before anything of it is unpacked", async () => {
    const sealWith = (enc: object, text: Buffer = Buffer.from("CELL-1")) => {
      const head = Buffer.from(
        JSON.stringify({ alg: "dir", enc: "A256GCM", kid: "k1", place: PLACE, ...enc }),
      );
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", K1.secret, iv);
      cipher.setAAD(Buffer.from(head.toString("base64url")));
      const body = Buffer.concat([cipher.update(text), cipher.final()]);
      const parts = [head, Buffer.alloc(0), iv, body, cipher.getAuthTag()];
      return parts.map((part) => part.toString("base64url")).join(".");
    };
    const zipped = sealWith({ zip: "DEF" }, deflateRawSync("CELL-1"));
    // Without the field it opens, and jose itself would open what is compressed.
    expect(await sealer.open(sealWith({}), PLACE)).toBe("CELL-1");
    const opened = await compactDecrypt(zipped, ring.first.record);
    expect(Buffer.from(opened.plaintext).toString()).toBe("CELL-1");
    expect(await refusal(zipped)).toEqual(UNIFORM);
    expect(await refusal(sealWith({ zip: null }))).toEqual(UNIFORM);
    expect(await refusal(sealWith({ crit: ["zip"] }))).toEqual(UNIFORM);
  });

  test("E6: an unknown key id, none, and one that is no text are refused", async () => {
    expect(await refusal(await (await sealerOf(K2)).seal("CELL-1", PLACE))).toEqual(UNIFORM);
    const wrongKey = await sealerOf({ ...K2, kid: "k1" });
    expect(await refusal(await wrongKey.seal("CELL-1", PLACE))).toEqual(UNIFORM);
    for (const kid of [undefined, "constructor", "__proto__", ""]) {
      const sealed = await new CompactEncrypt(Buffer.from("x"))
        .setProtectedHeader({
          alg: "dir",
          enc: "A256GCM",
          ...(kid === undefined ? {} : { kid }),
          place: { ...PLACE },
        })
        .encrypt(ring.first.record);
      expect(await refusal(sealed)).toEqual(UNIFORM);
    }
  });

  test("E5: of two keys the first seals and both open, in either order", async () => {
    const before = await sealerOf(K1);
    const during = await sealerOf(K2, K1);
    const after = await sealerOf(K2);
    const old = await before.seal("CELL-1", PLACE);
    const fresh = await during.seal("CELL-1", PLACE);
    expect(decodeProtectedHeader(fresh).kid).toBe("k2");
    expect(await during.open(old, PLACE)).toBe("CELL-1");
    expect(await during.open(fresh, PLACE)).toBe("CELL-1");
    expect(await after.open(fresh, PLACE)).toBe("CELL-1");
    expect(await refusal(old, PLACE, after)).toEqual(UNIFORM);
  });

  test("text that is not UTF-8 does not open", async () => {
    const sealed = await new CompactEncrypt(Buffer.from([0xff, 0xfe]))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: "k1", place: { ...PLACE } })
      .encrypt(ring.first.record);
    expect(await refusal(sealed)).toEqual(UNIFORM);
  });

  test("the failure tells nothing of the value in its own words", async () => {
    const error = await sealer.open("CELL-CANARY", PLACE).catch((caught: unknown) => caught);
    expect(String(error)).not.toContain("CANARY");
  });
});

describe("cache entries", () => {
  const bytes = (...numbers: number[]) => new Uint8Array(numbers);

  test("E1: open as they were, and are never sealed twice alike", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (value, context) => {
        const sealed = sealer.sealBytes(value, context);
        expect(Buffer.from(sealer.openBytes(sealed, context) ?? []).equals(value)).toBe(true);
        expect(Buffer.from(sealer.sealBytes(value, context)).equals(sealed)).toBe(false);
      }),
    );
    expect(sealer.openBytes(sealer.sealBytes(bytes(), CONTEXT), CONTEXT)).toHaveLength(0);
  });

  test("open also where they are a view into a larger block", () => {
    const sealed = sealer.sealBytes(bytes(1, 2, 3), CONTEXT);
    const block = new Uint8Array(sealed.length + 20);
    block.set(sealed, 7);
    const opened = sealer.openBytes(block.subarray(7, 7 + sealed.length), CONTEXT);
    expect([...(opened ?? [])]).toEqual([1, 2, 3]);
  });

  test("E2: do not open with any bit changed, at any shorter length, or as garbage", () => {
    const sealed = Buffer.from(sealer.sealBytes(Buffer.from("a short entry"), CONTEXT));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const copy = Buffer.from(sealed);
      copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      if (sealer.openBytes(copy, CONTEXT)) throw new Error(`opened with bit ${bit} changed`);
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(sealer.openBytes(sealed.subarray(0, length), CONTEXT)).toBeUndefined();
    }
    expect(sealer.openBytes(Buffer.concat([sealed, Buffer.from([0])]), CONTEXT)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        expect(sealer.openBytes(garbage, CONTEXT)).toBeUndefined();
      }),
    );
  });

  test("E3: do not open under another context", () => {
    const sealed = sealer.sealBytes(bytes(1), CONTEXT);
    for (const other of ["", "a contex", `${CONTEXT} `, "another"]) {
      expect(sealer.openBytes(sealed, other)).toBeUndefined();
    }
    expect(sealer.openBytes(sealed, CONTEXT)).toBeDefined();
  });

  test("E5, E6: of two keys the first seals and both open; under others an entry is a miss", async () => {
    const old = (await sealerOf(K1)).sealBytes(bytes(1), CONTEXT);
    const both = await sealerOf(K2, K1);
    expect(both.openBytes(old, CONTEXT)).toBeDefined();
    const fresh = both.sealBytes(bytes(1), CONTEXT);
    expect((await sealerOf(K2)).openBytes(fresh, CONTEXT)).toBeDefined();
    expect((await sealerOf(K1)).openBytes(fresh, CONTEXT)).toBeUndefined();
    expect((await sealerOf({ ...K2, kid: "k1" })).openBytes(old, CONTEXT)).toBeUndefined();
  });

  test("of another form are a miss, also where our own key sealed them", () => {
    const sealed = Buffer.from(sealer.sealBytes(bytes(1), CONTEXT));
    const iv = sealed.subarray(4, 16);
    const sealedAs = (format: number) => {
      const header = Buffer.from([format, ...sealed.subarray(1, 4)]);
      const cipher = createCipheriv("aes-256-gcm", ring.first.entry, iv);
      cipher.setAAD(Buffer.concat([header, Buffer.from(CONTEXT)]));
      const body = Buffer.concat([cipher.update(bytes(1)), cipher.final()]);
      return Buffer.concat([header, iv, cipher.getAuthTag(), body]);
    };
    expect(sealer.openBytes(sealedAs(1), CONTEXT)).toHaveLength(1);
    expect(sealer.openBytes(sealedAs(2), CONTEXT)).toBeUndefined();
  });

  test("are sealed by another key than values of records", () => {
    const sealed = Buffer.from(sealer.sealBytes(Buffer.from("x"), CONTEXT));
    expect(Buffer.from(ring.first.entry).equals(K1.secret)).toBe(false);
    expect(sealed.includes(Buffer.from(K1.secret))).toBe(false);
  });
});

describe("a sealer of two keys", () => {
  test("tells which one seals, and which ids it knows", async () => {
    const both = await sealerOf(K2, K1);
    expect(both.keyId).toBe("k2");
    expect(["k1", "k2", "k3", "", "constructor"].map((id) => both.knows(id))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test("tells whether a value fits its keys, wherever it stands", async () => {
    const sealed = await sealer.seal("CELL-1", PLACE);
    const other = await sealerOf({ ...K2, kid: "k1" });
    expect(await (await sealerOf(K2, K1)).fits(sealed)).toBe(true);
    expect(await other.fits(sealed)).toBe(false);
    expect(await (await sealerOf(K2)).fits(sealed)).toBe(false);
    expect(await sealer.fits("CELL-1")).toBe(false);
  });

  test("counts what each key seals, and of which kind", async () => {
    const counted: [string, string][] = [];
    const metrics = { sealed: (...told: [string, string]) => void counted.push(told) };
    const counting = new RingSealer(await createKeyRing([K2, K1]), metrics);
    const value = await counting.seal("CELL-1", PLACE);
    await counting.open(value, PLACE);
    const entry = counting.sealBytes(new Uint8Array(1), CONTEXT);
    counting.openBytes(entry, CONTEXT);
    expect(counted).toEqual([
      ["k2", "record"],
      ["k2", "entry"],
    ]);
  });

  test("of a longer id, with letters of any alphabet, opens what it sealed", async () => {
    const named = await sealerOf({ ...K1, kid: `열쇠-${"k".repeat(200)}` });
    expect(await named.open(await named.seal("CELL-1", PLACE), PLACE)).toBe("CELL-1");
    expect(named.openBytes(named.sealBytes(new Uint8Array([1]), CONTEXT), CONTEXT)).toHaveLength(1);
  });
});

test("a refusal keeps its cause for the log", async () => {
  const sealed = await sealer.seal("CELL-1", PLACE);
  const causes = [
    [sealed, { ...PLACE, field: "f2" }, "sealed for another place"],
    [await (await sealerOf(K2)).seal("CELL-1", PLACE), PLACE, "no such key"],
  ] as const;
  for (const [value, place, message] of causes)
    await expect(sealer.open(value, place)).rejects.toMatchObject({ cause: { message } });
});

test("an entry's key is derived as it always was, so that what is stored still opens", () => {
  const expected = hkdfSync("sha256", K1.secret, "", "peg-comparison cache entry", 32);
  expect(Buffer.from(ring.first.entry).equals(Buffer.from(expected))).toBe(true);
});

test("the keys themselves cannot be taken out of the ring", async () => {
  await expect(crypto.subtle.exportKey("raw", ring.first.record)).rejects.toThrow();
});

test("E13: a ring without a key, or with one of no length, is refused", async () => {
  await expect(createKeyRing([])).rejects.toThrow("at least one key");
  await expect(createKeyRing([{ kid: "k", secret: new Uint8Array(0) }])).rejects.toThrow();
  await expect(createKeyRing([{ kid: "k", secret: new Uint8Array(31) }])).rejects.toThrow();
});
