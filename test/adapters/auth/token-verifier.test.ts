import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CompactEncrypt, exportJWK, type JWK } from "jose";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { KeySettings } from "../../../src/adapters/auth/key-source.js";
import { createTokenVerifier } from "../../../src/adapters/auth/token-verifier.js";
import { PegError } from "../../../src/domain/errors.js";
import type { TokenClaims, TokenVerifier } from "../../../src/domain/ports.js";

const SECRET = "a secret for tests, of thirty-two bytes or more";
const NOW = 1_700_000_000;
const ISSUER = "https://issuer.example";
const AUDIENCE = "peg";
const CLAIMS = { sub: "user-1", iss: ISSUER, aud: AUDIENCE, iat: NOW, exp: NOW + 600 };

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const pemOf = (key: KeyObject) => key.export({ type: "spki", format: "pem" }).toString();

const base64url = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

/** A token of any form: header and payload as objects, or as the very text. */
function forge(header: unknown, payload: unknown, signer: (input: Buffer) => Buffer): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${signer(Buffer.from(input)).toString("base64url")}`;
}

const byHmac =
  (secret: string | Buffer = SECRET, hash = "sha256") =>
  (input: Buffer) =>
    createHmac(hash, secret).update(input).digest();
const byRsa = (key: KeyObject) => (input: Buffer) => sign("sha256", input, key);
const byEc = (key: KeyObject) => (input: Buffer) => sign("sha256", input, { key, dsaEncoding: "ieee-p1363" });
const byEd = (key: KeyObject) => (input: Buffer) => sign(null, input, key);

const hs256 = (claims: object = {}, header: object = {}) =>
  forge({ alg: "HS256", ...header }, { ...CLAIMS, ...claims }, byHmac());

interface World {
  verifier: TokenVerifier;
  /** Moves the verifier's clock to this second. */
  at(seconds: number): void;
  logged: unknown[];
}

async function verifierOf(
  keys: KeySettings = { kind: "secret", secret: SECRET },
  bounds: { issuer?: string; audience?: string } = { issuer: ISSUER, audience: AUDIENCE },
): Promise<World> {
  let now = NOW * 1000;
  const logged: unknown[] = [];
  const log = (fields: object, message: string) => void logged.push([fields, message]);
  const verifier = await createTokenVerifier({
    keys,
    ...bounds,
    clock: { now: () => now },
    logger: { debug: log, info: log, warn: log, error: log },
  });
  return {
    verifier,
    at: (seconds) => {
      now = seconds * 1000;
    },
    logged,
  };
}

const UNIFORM = {
  code: "API_AUTHENTICATION_ERROR",
  message: "A valid token is needed: send it as Authorization: Bearer TOKEN.",
  details: undefined,
  retryAfter: undefined,
};

/** What a caller would see of the verdict. */
async function verdict(verifier: TokenVerifier, token: string): Promise<object> {
  const outcome: TokenClaims | unknown = await verifier.verify(token).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return { accepted: (outcome as TokenClaims).userId };
  if (!(outcome instanceof PegError)) throw new Error(`not a PegError: ${outcome}`, { cause: outcome });
  const { code, message, details, retryAfter } = outcome;
  return { code, message, details, retryAfter };
}

const ACCEPTED = { accepted: "user-1" };

describe("a token by a shared secret", () => {
  let world: World;
  beforeEach(async () => {
    world = await verifierOf();
  });
  const judge = (token: string) => verdict(world.verifier, token);

  test("tells who it speaks for, until when, and with which scopes", async () => {
    expect(await world.verifier.verify(hs256({ scope: "peg:admin  other" }))).toEqual({
      userId: "user-1",
      scopes: ["peg:admin", "other"],
      expiresAt: new Date((NOW + 600) * 1000),
    });
    expect((await world.verifier.verify(hs256())).scopes).toEqual([]);
  });

  test.each([
    "none",
    "NoNe",
    "NONE",
    "",
    256,
    null,
    ["HS256"],
    undefined,
    "HS384",
    "HS512",
    "RS256",
    "hs256",
  ])("J1: alg %j is refused", async (alg) => {
    const payload = CLAIMS;
    expect(await judge(forge({ alg }, payload, byHmac()))).toEqual(UNIFORM);
    expect(await judge(`${base64url({ alg })}.${base64url(payload)}.`)).toEqual(UNIFORM);
    expect(await judge(forge({ alg }, payload, byHmac(SECRET, "sha512")))).toEqual(UNIFORM);
  });

  test("J5: expiry must be a whole number of seconds, to come, and not years away", async () => {
    for (const exp of [
      undefined,
      null,
      `${NOW + 600}`,
      -1,
      0,
      NOW - 1,
      NOW,
      NOW + 0.5,
      1e308,
      NOW + 367 * 86_400,
    ]) {
      expect([exp, await judge(hs256({ exp }))]).toEqual([exp, UNIFORM]);
    }
    expect(await judge(hs256({ exp: NOW + 1 }))).toEqual(ACCEPTED);
    expect(await judge(hs256({ exp: NOW + 365 * 86_400 }))).toEqual(ACCEPTED);
  });

  test("J5: an expiry that JSON reads as no number is refused", async () => {
    for (const exp of ["1e999", "-1e999", "true", "[1]", "{}"]) {
      const payload = JSON.stringify(CLAIMS).replace(`"exp":${NOW + 600}`, `"exp":${exp}`);
      expect(await judge(forge({ alg: "HS256" }, payload, byHmac()))).toEqual(UNIFORM);
    }
  });

  test("a token ends at its expiry to the second, also where it was held as good", async () => {
    const token = hs256({ exp: NOW + 10 });
    expect(await judge(token)).toEqual(ACCEPTED);
    world.at(NOW + 9.999);
    expect(await judge(token)).toEqual(ACCEPTED);
    world.at(NOW + 10);
    expect(await judge(token)).toEqual(UNIFORM);
    expect(await judge(hs256({ exp: NOW + 10, jti: "never seen" }))).toEqual(UNIFORM);
  });

  test("J6, J24: a sender's clock may be 30 seconds fast and no more", async () => {
    for (const [ahead, expected] of [
      [0, ACCEPTED],
      [25, ACCEPTED],
      [30, ACCEPTED],
      [31, UNIFORM],
      [7200, UNIFORM],
    ] as const) {
      expect([ahead, await judge(hs256({ nbf: NOW + ahead }))]).toEqual([ahead, expected]);
      expect([ahead, await judge(hs256({ iat: NOW + ahead, exp: NOW + ahead + 600 }))]).toEqual([
        ahead,
        expected,
      ]);
    }
    for (const claim of ["iat", "nbf"]) {
      for (const value of ["now", null, {}]) expect(await judge(hs256({ [claim]: value }))).toEqual(UNIFORM);
    }
  });

  test("J7: issuer and audience must be ours exactly", async () => {
    for (const iss of [`${ISSUER}/`, ISSUER.toUpperCase(), "", undefined, null, [ISSUER], 1]) {
      expect([iss, await judge(hs256({ iss }))]).toEqual([iss, UNIFORM]);
    }
    for (const aud of ["pe", "peg2", "PEG", "", undefined, null, [], ["other"], 1, [["peg"]], { peg: 1 }]) {
      expect([aud, await judge(hs256({ aud }))]).toEqual([aud, UNIFORM]);
    }
    expect(await judge(hs256({ aud: ["other", AUDIENCE] }))).toEqual(ACCEPTED);
  });

  test("J8: a subject must be text that rows, keys and logs can carry", async () => {
    for (const sub of [
      undefined,
      null,
      "",
      {},
      ["a"],
      7,
      "x".repeat(256),
      "a\u0000",
      "a\nb",
      "a\u0085",
      "\ud800",
      "a\udfff",
    ]) {
      expect([sub, await judge(hs256({ sub }))]).toEqual([sub, UNIFORM]);
    }
    for (const sub of ["x".repeat(255), "urn:user:1", "이름", "a b", "𝒞", "constructor"]) {
      expect(await judge(hs256({ sub }))).toEqual({ accepted: sub });
    }
  });

  test("a scope must be text", async () => {
    for (const scope of [["peg:admin"], { a: 1 }, 7, null, "x".repeat(4097)]) {
      expect(await judge(hs256({ scope }))).toEqual(UNIFORM);
    }
  });

  test("J10: only a signed token of three parts is one", async () => {
    const good = hs256();
    const [head, payload, signature] = good.split(".");
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(CLAIMS)))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .encrypt(new Uint8Array(32));
    const nested = await new CompactEncrypt(Buffer.from(good))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", cty: "JWT" })
      .encrypt(new Uint8Array(32));
    const json = JSON.stringify({ protected: head, payload, signature });
    const forms = [
      jwe,
      nested,
      json,
      `${head}..${signature}`,
      `${head}.${payload}`,
      `${good}.`,
      `.${good}`,
      "",
      ".",
      "..",
      "a.b.c",
    ];
    for (const form of forms) expect(await judge(form)).toEqual(UNIFORM);
    expect(await judge(good)).toEqual(ACCEPTED);
  });

  test("J11: no header field may change what is verified", async () => {
    for (const header of [
      { crit: ["exp"] },
      { crit: [] },
      { crit: ["b64"], b64: false },
      { crit: ["b64", "b64"], b64: true },
      { b64: false },
      { b64: true },
      { zip: "DEF" },
    ]) {
      expect([header, await judge(hs256({}, header))]).toEqual([header, UNIFORM]);
    }
    const unencoded = `${base64url({ alg: "HS256", b64: false, crit: ["b64"] })}.${JSON.stringify(CLAIMS)}`;
    expect(await judge(`${unencoded}.${byHmac()(Buffer.from(unencoded)).toString("base64url")}`)).toEqual(
      UNIFORM,
    );
  });

  test("J12: a member that stands twice is refused, wherever and however it is written", async () => {
    const claims = JSON.stringify(CLAIMS).slice(0, -1);
    const header = '{"alg":"HS256"}';
    for (const [head, payload] of [
      [header, `${claims},"sub":"user-2"}`],
      [header, `${claims},"s\\u0075b":"user-2"}`],
      [header, `{"sub" :"user-2",${claims.slice(1)}}`],
      [header, `${claims},"exp":${NOW + 600}}`],
      [header, `${claims},"scope":"a","scope":"peg:admin"}`],
      [header, `${claims},"extra":{"a":1,"a":2}}`],
      [header, `${claims},"extra":[{"b":[],"b":{}}]}`],
      ['{"alg":"none","alg":"HS256"}', `${claims}}`],
      ['{"alg":"HS256","alg":"HS256"}', `${claims}}`],
      ['{"alg":"HS256","kid":"a","kid":"b"}', `${claims}}`],
    ]) {
      expect([payload, await judge(forge(head, payload, byHmac()))]).toEqual([payload, UNIFORM]);
    }
    for (const extra of [
      '"extra":{"sub":1}',
      '"a":["sub","sub"]',
      '"a":"\\"sub\\":1,"',
      '"a":{"x":1},"b":{"x":1}',
    ]) {
      expect([extra, await judge(forge(header, `${claims},${extra}}`, byHmac()))]).toEqual([extra, ACCEPTED]);
    }
  });

  test("J13: a payload that is no object, and one that names __proto__, are refused and change nothing", async () => {
    const claims = JSON.stringify(CLAIMS).slice(0, -1);
    const payloads = [
      "[]",
      '"text"',
      "null",
      "7",
      "",
      "{",
      `[${claims}}]`,
      `${claims},"__proto__":{"polluted":true}}`,
    ].concat(`${claims},"extra":{"__proto__":{"polluted":true}}}`);
    for (const payload of payloads) {
      expect([payload, await judge(forge({ alg: "HS256" }, payload, byHmac()))]).toEqual([payload, UNIFORM]);
    }
    const input = `${base64url({ alg: "HS256" })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}`;
    expect(await judge(`${input}.${byHmac()(Buffer.from(input)).toString("base64url")}`)).toEqual(UNIFORM);
    for (const head of ["null", "[]", '"HS256"', "7", "{", '{"alg":"HS256","__proto__":{"polluted":true}}']) {
      expect(await judge(forge(head, CLAIMS, byHmac()))).toEqual(UNIFORM);
    }
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("J14: a signature has one form, and no other is taken", async () => {
    const good = hs256();
    const [head = "", payload = "", signature = ""] = good.split(".");
    const forms = [
      "",
      signature.slice(0, -1),
      signature.slice(0, 20),
      `${signature}=`,
      `${signature}==`,
      `${signature}\n`,
      ` ${signature}`,
      `${signature}A`,
    ]
      .map((form) => `${head}.${payload}.${form}`)
      .concat(`${good}\n`, ` ${good}`, `\n${good}`, `${good} `, `Bearer ${good}`);
    for (const token of forms) expect([token, await judge(token)]).toEqual([token, UNIFORM]);
    expect(await judge(good)).toEqual(ACCEPTED);
  });

  test("J14: every other last character is refused, though some stand for the same bytes", async () => {
    const good = hs256();
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/";
    const accepted: string[] = [];
    for (const last of alphabet) {
      const token = good.slice(0, -1) + last;
      if ("accepted" in (await judge(token))) accepted.push(token);
    }
    expect(accepted).toEqual([good]);
  });

  test("J14: the standard alphabet of base64 is refused", async () => {
    let token = "";
    for (let n = 0; !/[-_]/.test(token.split(".")[2] ?? ""); n++) token = hs256({ jti: n });
    const [head, payload, signature = ""] = token.split(".");
    const standard = signature.replaceAll("-", "+").replaceAll("_", "/");
    expect(await judge(`${head}.${payload}.${standard}`)).toEqual(UNIFORM);
    expect(await judge(token)).toEqual(ACCEPTED);
  });

  test("J14: no bit of a token may change", async () => {
    const good = hs256();
    const verdicts = new Set<string>();
    for (let at = 0; at < good.length; at++) {
      const code = good.charCodeAt(at) ^ 1;
      const token = good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1);
      verdicts.add(JSON.stringify(await judge(token)));
    }
    expect(verdicts).toEqual(new Set([JSON.stringify(UNIFORM)]));
  });

  test("J15: what is too long for a token is refused without being read", async () => {
    const long = [".".repeat(1_000_000), `${"a".repeat(5_000_000)}.b.c`, hs256({ extra: "x".repeat(9000) })];
    const deep = forge({ alg: "HS256" }, `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, byHmac());
    for (const token of [...long, deep]) {
      const asked = performance.now();
      expect(await judge(token)).toEqual(UNIFORM);
      expect(performance.now() - asked).toBeLessThan(5);
    }
  });

  test("J15: the deepest claims that fit are read without harm", async () => {
    const claims = JSON.stringify(CLAIMS).slice(0, -1);
    const deep = `${claims},"a":${"[".repeat(2500)}${"]".repeat(2500)}}`;
    expect(await judge(forge({ alg: "HS256" }, deep, byHmac()))).toEqual(ACCEPTED);
  });

  test("a token by another secret is refused", async () => {
    expect(
      await judge(forge({ alg: "HS256" }, CLAIMS, byHmac("another secret, of thirty-two bytes!"))),
    ).toEqual(UNIFORM);
    expect(await judge(forge({ alg: "HS256" }, CLAIMS, byHmac("")))).toEqual(UNIFORM);
  });

  test("a refusal logs its kind, and nothing of the token", async () => {
    await judge(hs256({ sub: "" }));
    await judge(forge({ alg: "HS256" }, { ...CLAIMS, sub: "canary-user" }, byHmac("wrong")));
    expect(world.logged).toHaveLength(2);
    expect(JSON.stringify(world.logged)).not.toMatch(/canary|eyJ/);
  });

  test("without an issuer and an audience set any are taken", async () => {
    const { verifier } = await verifierOf(undefined, {});
    expect(await verdict(verifier, hs256({ iss: undefined, aud: undefined, iat: undefined }))).toEqual(
      ACCEPTED,
    );
    expect(await verdict(verifier, hs256({ iss: "anyone", aud: ["any"] }))).toEqual(ACCEPTED);
  });
});

describe("a token by a public key", () => {
  const rs256 = (claims: object = {}, header: object = {}, key = rsa.privateKey) =>
    forge({ alg: "RS256", ...header }, { ...CLAIMS, ...claims }, byRsa(key));

  test.each([
    ["RSA", pemOf(rsa.publicKey), rs256()],
    ["EC P-256", pemOf(ec.publicKey), forge({ alg: "ES256" }, CLAIMS, byEc(ec.privateKey))],
    ["Ed25519, by its old name", pemOf(ed.publicKey), forge({ alg: "EdDSA" }, CLAIMS, byEd(ed.privateKey))],
    ["Ed25519, by its own name", pemOf(ed.publicKey), forge({ alg: "Ed25519" }, CLAIMS, byEd(ed.privateKey))],
  ])("is taken: %s", async (_, pem, token) => {
    const { verifier } = await verifierOf({ kind: "public-key", pem });
    expect(await verdict(verifier, token)).toEqual(ACCEPTED);
    expect(await verdict(verifier, hs256())).toEqual(UNIFORM);
    for (const [alg, signer] of [
      ["RS256", byRsa(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)],
      ["ES256", byEc(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)],
      ["EdDSA", byEd(generateKeyPairSync("ed25519").privateKey)],
    ] as const) {
      expect(await verdict(verifier, forge({ alg }, CLAIMS, signer))).toEqual(UNIFORM);
    }
  });

  test("J2: the public key is no secret to sign with", async () => {
    const pem = pemOf(rsa.publicKey);
    const { verifier } = await verifierOf({ kind: "public-key", pem });
    const der = rsa.publicKey.export({ type: "spki", format: "der" });
    for (const secret of [pem, pem.trim(), der, Buffer.from(pem.replaceAll("\n", "\\n"))]) {
      for (const alg of ["HS256", "RS256"]) {
        expect(await verdict(verifier, forge({ alg }, CLAIMS, byHmac(secret)))).toEqual(UNIFORM);
      }
    }
  });

  test("J16: the padding, the curve and the size of the key are pinned", async () => {
    const { verifier } = await verifierOf({ kind: "public-key", pem: pemOf(rsa.publicKey) });
    const pss = (input: Buffer) => sign("sha256", input, { key: rsa.privateKey, padding: 6, saltLength: 32 });
    expect(await verdict(verifier, forge({ alg: "PS256" }, CLAIMS, pss))).toEqual(UNIFORM);
    expect(await verdict(verifier, forge({ alg: "RS256" }, CLAIMS, pss))).toEqual(UNIFORM);
    const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
    const { verifier: onP256 } = await verifierOf({ kind: "public-key", pem: pemOf(ec.publicKey) });
    expect(await verdict(onP256, forge({ alg: "ES384" }, CLAIMS, byEc(p384.privateKey)))).toEqual(UNIFORM);
    expect(await verdict(onP256, forge({ alg: "ES256" }, CLAIMS, byEc(p384.privateKey)))).toEqual(UNIFORM);
  });

  test("J16: a key that is too small, or of a kind that is not taken, stops the start", async () => {
    const refused = [
      generateKeyPairSync("rsa", { modulusLength: 1024 }),
      generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
      generateKeyPairSync("ed448"),
      generateKeyPairSync("x25519"),
      generateKeyPairSync("rsa-pss", { modulusLength: 2048 }),
    ];
    for (const { publicKey } of refused) {
      await expect(verifierOf({ kind: "public-key", pem: pemOf(publicKey) })).rejects.toThrow(
        "JWT_PUBLIC_KEY must be",
      );
    }
  });

  test("a key in the older form of RSA is taken as well", async () => {
    const pem = rsa.publicKey.export({ type: "pkcs1", format: "pem" }).toString();
    const { verifier } = await verifierOf({ kind: "public-key", pem });
    expect(await verdict(verifier, rs256())).toEqual(ACCEPTED);
  });

  test.each(["jwk", "jku", "x5u", "x5c"])(
    "J3: a key of the sender's in %s is not looked at",
    async (field) => {
      const { verifier } = await verifierOf({ kind: "public-key", pem: pemOf(rsa.publicKey) });
      const attacker = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const value =
        field === "jwk"
          ? await exportJWK(attacker.publicKey)
          : field === "x5c"
            ? ["AAAA"]
            : "http://127.0.0.1:1/";
      expect(await verdict(verifier, rs256({}, { [field]: value }, attacker.privateKey))).toEqual(UNIFORM);
      expect(await verdict(verifier, rs256({}, { [field]: value }))).toEqual(UNIFORM);
    },
  );
});

describe("a token by a key set that is fetched", () => {
  interface KeyServer {
    url: string;
    /** Paths asked for. */
    asked: string[];
    answer: RequestListener;
    stop(): Promise<void>;
  }
  let server: KeyServer;
  let stopped: (() => Promise<void>)[] = [];

  async function startKeyServer(answer: RequestListener): Promise<KeyServer> {
    const asked: string[] = [];
    const http: Server = createServer((request, response) => {
      asked.push(request.url ?? "");
      started.answer(request, response);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const started: KeyServer = {
      url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`,
      asked,
      answer,
      stop: async () => {
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      },
    };
    stopped.push(() => started.stop());
    return started;
  }

  const jwks =
    (...keys: object[]): RequestListener =>
    (_, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  const published = async (key: KeyObject, kid: string, alg = "RS256", change: Partial<JWK> = {}) => ({
    ...(await exportJWK(key)),
    kid,
    alg,
    use: "sig",
    ...change,
  });
  const by = (kid: unknown, key = rsa.privateKey, header: object = {}, claims: object = {}) =>
    forge(
      { alg: "RS256", ...(kid === undefined ? {} : { kid }), ...header },
      { ...CLAIMS, ...claims },
      byRsa(key),
    );

  beforeEach(async () => {
    // jose reads the date itself, for how long a fetched set holds; timers stay real, for HTTP.
    vi.useFakeTimers({ toFake: ["Date"], now: NOW * 1000 });
    server = await startKeyServer(jwks(await published(rsa.publicKey, "k1")));
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
    const trap = await startKeyServer(jwks());
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

  test("J23: where two keys of the set bear one id, neither counts", async () => {
    const k2 = generateKeyPairSync("rsa", { modulusLength: 2048 });
    server.answer = jwks(await published(rsa.publicKey, "k1"), await published(k2.publicKey, "k1"));
    const { verifier } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(UNIFORM);
  });

  const AWAY = {
    code: "SERVICE_UNAVAILABLE",
    message: "Tokens cannot be checked now. Try again soon.",
    details: undefined,
    retryAfter: undefined,
  };
  const text =
    (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);

  test.each<[string, RequestListener]>([
    ["answers 500", text(500, "{}")],
    ["answers 404", text(404, "not here")],
    ["redirects", text(302, "", { location: "http://127.0.0.1:1/" })],
    ["answers a page", text(200, "<html></html>")],
    ["answers nothing", text(200, "")],
    ["answers JSON that is no key set", text(200, '{"error":"try later"}')],
    ["cuts the connection", (request) => void request.socket.destroy()],
    [
      "breaks off",
      (_, response) =>
        void response.writeHead(200, { "content-length": "99" }).write('{"keys":', () => response.destroy()),
    ],
  ])(
    "J21, J22: where the set's server %s, good tokens are told to come again, and taken once it is well",
    async (_, fault) => {
      const well = server.answer;
      server.answer = fault;
      const { verifier } = await open();
      expect(await verdict(verifier, by("k1"))).toEqual(AWAY);
      server.answer = well;
      expect(await verdict(verifier, by("k1"))).toEqual(ACCEPTED);
    },
  );

  test("J22: a server that is not there at all does not stop the start", async () => {
    await server.stop();
    stopped = [];
    const { verifier } = await open();
    expect(await verdict(verifier, by("k1"))).toEqual(AWAY);
  });

  test("what is no token is refused without the keys", async () => {
    server.answer = text(500, "");
    const { verifier } = await open();
    for (const token of ["", "a.b.c", by(undefined), hs256()])
      expect(await verdict(verifier, token)).toEqual(UNIFORM);
    expect(server.asked).toEqual([]);
  });
});
