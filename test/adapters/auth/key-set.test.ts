import { generateKeyPairSync, sign } from "node:crypto";
import type { RequestListener } from "node:http";
import { exportJWK } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenTokenVerifier } from "../../../src/adapters/auth/token-verifier.js";
import { jwks, type KeyServer, published, startKeyServer } from "./key-server.js";
import {
  ACCEPTED,
  byEc,
  byEd,
  byHmac,
  byRsa,
  CLAIMS,
  ec,
  ed,
  forge,
  hs256,
  NOW,
  pemOf,
  rsa,
  SECRET,
  UNIFORM,
  verdict,
  verifierOf,
} from "./tokens.js";

describe("a token by a key set that is fetched", () => {
  let server: KeyServer;
  let stopped: (() => Promise<void>)[] = [];

  async function openKeyServer(answer: RequestListener): Promise<KeyServer> {
    const started = await startKeyServer(answer);
    stopped.push(started.stop);
    return started;
  }

  const by = (kid: unknown, key = rsa.privateKey, header: object = {}, claims: object = {}) =>
    forge(
      { alg: "RS256", ...(kid === undefined ? {} : { kid }), ...header },
      { ...CLAIMS, ...claims },
      byRsa(key),
    );

  beforeEach(async () => {
    // jose reads the date itself, for how long a fetched set holds; timers stay real, for HTTP.
    vi.useFakeTimers({ toFake: ["Date"], now: NOW * 1000 });
    server = await openKeyServer(jwks(await published(rsa.publicKey, "k1")));
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const stop of stopped) await stop();
    stopped = [];
  });
  const open = () => verifierOf({ kind: "jwks", url: server.url });

  test("is taken for RSA, EC and Ed25519 keys alike", async () => {
    server.answer = jwks(
      await published(rsa.publicKey, "k1"),
      await published(ec.publicKey, "k2", "ES256"),
      await published(ed.publicKey, "k3", "EdDSA"),
    );
    const { verifier } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
    expect(await verdict(verifier, forge({ alg: "ES256", kid: "k2" }, CLAIMS, byEc(ec.privateKey)))).toEqual(
      ACCEPTED,
    );
    expect(await verdict(verifier, forge({ alg: "EdDSA", kid: "k3" }, CLAIMS, byEd(ed.privateKey)))).toEqual(
      ACCEPTED,
    );
    expect(server.asked).toEqual(["/jwks"]);
  });

  test("J2: no secret is ever taken, not even a published key's own text", async () => {
    server.answer = jwks(await published(rsa.publicKey, "k1"), {
      kty: "oct",
      k: Buffer.from(SECRET).toString("base64url"),
      kid: "oct",
      alg: "HS256",
    });
    const { verifier } = await open();
    expect(await verdict(verifier, hs256({}, { kid: "oct" }))).toEqual(UNIFORM);
    expect(
      await verdict(verifier, forge({ alg: "HS256", kid: "k1" }, CLAIMS, byHmac(pemOf(rsa.publicKey)))),
    ).toEqual(UNIFORM);
  });

  test("J3: nobody else is asked for a key", async () => {
    const trap = await openKeyServer(jwks());
    const attacker = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { verifier } = await open();
    for (const header of [
      { jku: trap.url },
      { x5u: trap.url },
      { jwk: await exportJWK(attacker.publicKey) },
      { x5c: ["AAAA"] },
    ]) {
      expect(await verdict(verifier, by("k1", attacker.privateKey, header))).toEqual(UNIFORM);
      expect(await verdict(verifier, by("k1", rsa.privateKey, header))).toEqual(UNIFORM);
    }
    expect(trap.asked).toEqual([]);
  });

  test("J4: a key must be named, as text, and be there", async () => {
    const { verifier } = await open();
    for (const kid of [
      undefined,
      null,
      1,
      ["k1"],
      {},
      "",
      "K1",
      "k1 ",
      "../../x",
      "' or 1=1 --",
      "x".repeat(5000),
      "__proto__",
      "constructor",
    ]) {
      expect([kid, await verdict(verifier, by(kid))]).toEqual([kid, UNIFORM]);
    }
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
  });

  test("J16: a key serves the algorithm that it was published for, and only if it is large enough", async () => {
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
    server.answer = jwks(
      await published(rsa.publicKey, "k1"),
      await published(small.publicKey, "small"),
      await published(p384.publicKey, "p384", "ES256"),
      await published(rsa.publicKey, "enc", "RS256", { use: "enc" }),
    );
    const { verifier } = await open();
    const pss = (input: Buffer) => sign("sha256", input, { key: rsa.privateKey, padding: 6, saltLength: 32 });
    expect(await verdict(verifier, forge({ alg: "PS256", kid: "k1" }, CLAIMS, pss))).toEqual(UNIFORM);
    expect(await verdict(verifier, by("small", small.privateKey))).toEqual(UNIFORM);
    expect(
      await verdict(verifier, forge({ alg: "ES256", kid: "p384" }, CLAIMS, byEc(p384.privateKey))),
    ).toEqual(UNIFORM);
    expect(await verdict(verifier, by("enc"))).toEqual(UNIFORM);
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
  });

  test("J16: a key that was published for no algorithm serves the pinned ones alone", async () => {
    const { alg: _, ...key } = await published(rsa.publicKey, "k1");
    server.answer = jwks(key);
    const { verifier } = await open();
    const by512 = (input: Buffer) => sign("sha512", input, rsa.privateKey);
    expect(await verdict(verifier, forge({ alg: "RS512", kid: "k1" }, CLAIMS, by512))).toEqual(UNIFORM);
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
  });

  test("J18: a new key is found once the set may be asked for again, and the old one goes on", async () => {
    const k2 = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { verifier, at } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
    server.answer = jwks(await published(rsa.publicKey, "k1"), await published(k2.publicKey, "k2"));
    vi.setSystemTime((NOW + 31) * 1000);
    at(NOW + 31);
    expect(await verdict(verifier, by("k2", k2.privateKey))).toEqual(ACCEPTED);
    expect(await verdict(verifier, by("k1", rsa.privateKey, {}, { jti: "new" }))).toEqual(ACCEPTED);
    expect(server.asked).toHaveLength(2);
  });

  test("J19: tokens of a key that was taken out fail within ten minutes, those that are held too", async () => {
    const { verifier, at } = await open();
    const goTo = (seconds: number) => {
      vi.setSystemTime(seconds * 1000);
      at(seconds);
    };
    const long = (jti: string) => by("k1", rsa.privateKey, {}, { exp: NOW + 7200, jti });
    expect(await verdict(verifier, long("first"))).toEqual(ACCEPTED);
    server.answer = jwks();
    goTo(NOW + 299);
    expect(await verdict(verifier, long("held"))).toEqual(ACCEPTED);
    goTo(NOW + 301);
    expect(await verdict(verifier, long("new"))).toEqual(UNIFORM);
    expect(await verdict(verifier, long("first"))).toEqual(UNIFORM);
    goTo(NOW + 600);
    expect(await verdict(verifier, long("held"))).toEqual(UNIFORM);
  });

  test("J19: a clock that is set back by hours makes no key and no held token count for longer", async () => {
    const { verifier, at } = await open();
    const long = (jti: string, exp = NOW + 7200) => by("k1", rsa.privateKey, {}, { iat: 0, exp, jti });
    expect(await verdict(verifier, long("held"))).toEqual(ACCEPTED);
    server.answer = jwks();
    at(NOW - 7200);
    expect(await verdict(verifier, long("new"))).toEqual(UNIFORM);
    expect(await verdict(verifier, long("held"))).toEqual(UNIFORM);
    expect(server.asked).toHaveLength(2);
  });

  test("J18: a clock that is set back by hours hides no new key, nor that the last fetch failed", async () => {
    const k2 = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const { verifier, at } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
    const well = jwks(await published(k2.publicKey, "k2"));
    server.answer = (_, response) => void response.writeHead(500).end();
    at(NOW + 400);
    expect(await verdict(verifier, by("k1", rsa.privateKey, {}, { jti: 1 }))).toEqual(ACCEPTED);
    await vi.waitFor(() => expect((verifier as OpenTokenVerifier).remoteKeys?.failing()).toBe(true));
    server.answer = well;
    at(NOW - 7200);
    expect(await verdict(verifier, by("k2", k2.privateKey, {}, { iat: 0 }))).toEqual(ACCEPTED);
    expect(server.asked).toHaveLength(3);
  });

  test("J20: two hundred first tokens at once fetch the keys once", async () => {
    const { verifier } = await open();
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, i) => verdict(verifier, by("k1", rsa.privateKey, {}, { jti: i }))),
    );
    expect(verdicts.filter((one) => "accepted" in one)).toHaveLength(200);
    expect(server.asked).toHaveLength(1);
  });

  test("J20: tokens with made-up key ids fetch the keys at most once more", async () => {
    const { verifier, at } = await open();
    await verdict(verifier, by("k1"));
    vi.setSystemTime((NOW + 31) * 1000);
    at(NOW + 31);
    for (let i = 0; i < 50; i++) expect(await verdict(verifier, by(`made up ${i}`))).toEqual(UNIFORM);
    expect(server.asked.length).toBeLessThanOrEqual(2);
  });

  test("J20: the cool-down is over after thirty seconds, and not before", async () => {
    const { verifier, at } = await open();
    await verdict(verifier, by("k1"));
    for (const [seconds, asked] of [
      [29.999, 1],
      [30, 2],
    ] as const) {
      vi.setSystemTime((NOW + seconds) * 1000);
      at(NOW + seconds);
      expect(await verdict(verifier, by(`made up after ${seconds}`))).toEqual(UNIFORM);
      expect(server.asked).toHaveLength(asked);
    }
  });

  test("J23: where two keys of the set bear one id, neither counts", async () => {
    const k2 = generateKeyPairSync("rsa", { modulusLength: 2048 });
    server.answer = jwks(await published(rsa.publicKey, "k1"), await published(k2.publicKey, "k1"));
    const { verifier, refusals, at } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(UNIFORM);
    expect(await verdict(verifier, by("k2"))).toEqual(UNIFORM);
    expect(refusals).toEqual(["no_key", "no_key"]);
    // Another set may hold a key that was not found; of two it is known that they are there.
    vi.setSystemTime((NOW + 31) * 1000);
    at(NOW + 31);
    expect(await verdict(verifier, by("k1"))).toEqual(UNIFORM);
    expect(server.asked).toHaveLength(1);
  });

  test("J4: a token that names no key says so in the log's cause", async () => {
    const { verifier } = await open();
    await expect(verifier.verify(by(undefined))).rejects.toMatchObject({ cause: { message: "no key id" } });
  });

  test("what is no token is refused without the keys", async () => {
    server.answer = (_, response) => void response.writeHead(500).end();
    const { verifier } = await open();
    for (const token of ["", "a.b.c", by(undefined), hs256()])
      expect(await verdict(verifier, token)).toEqual(UNIFORM);
    expect(server.asked).toEqual([]);
  });
});
