import { generateKeyPairSync, sign } from "node:crypto";
import { CompactEncrypt, exportJWK } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import {
  ACCEPTED,
  AUDIENCE,
  base64url,
  byEc,
  byEd,
  byHmac,
  byRsa,
  CLAIMS,
  ec,
  ed,
  forge,
  hs256,
  ISSUER,
  NOW,
  pemOf,
  rsa,
  SECRET,
  UNIFORM,
  verdict,
  verifierOf,
  type World,
} from "./tokens.js";

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

  test("J9: what is a token for something else is refused", async () => {
    for (const typ of ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", undefined])
      expect([typ, await judge(hs256({}, { typ }))]).toEqual([typ, ACCEPTED]);
    const others = [
      "logout+jwt",
      "secevent+jwt",
      "dpop+jwt",
      "JWS",
      "JOSE",
      "",
      "JWT ",
      "xjwt",
      null,
      1,
      {},
      ["JWT"],
    ];
    for (const typ of others) expect([typ, await judge(hs256({}, { typ }))]).toEqual([typ, UNIFORM]);
    // An ID token is for the client that its user signed in to.
    const ofClient = { aud: "dashboard-client", azp: "dashboard-client", nonce: "n", at_hash: "x" };
    expect(await judge(hs256(ofClient, { typ: "JWT" }))).toEqual(UNIFORM);
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
      // Nothing more is looked at in what is no JSON.
      `{"${'\\"'.repeat(2900)}`,
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
      // The quickest of some: whatever else the machine does can only make it look slower.
      const times: number[] = [];
      for (let turn = 0; turn < 5; turn++) {
        const asked = performance.now();
        expect(await judge(token)).toEqual(UNIFORM);
        times.push(performance.now() - asked);
      }
      expect(Math.min(...times)).toBeLessThan(5);
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

  const CLAIM = "ERR_JWT_CLAIM_VALIDATION_FAILED";
  test.each([
    ["form", "Error", "signature not in its one form", `${hs256().slice(0, -1)}_`],
    ["form", "Error", "refused header field", hs256({}, { b64: true })],
    ["form", "Error", "no access token by its type", hs256({}, { typ: "JOSE" })],
    ["form", "Error", "payload is no JSON", forge({ alg: "HS256" }, '{"a":1,"a":2', byHmac())],
    ["form", "Error", "a member that stands twice", forge({ alg: "HS256" }, '{"a":1,"a":2}', byHmac())],
    ["form", "ERR_JOSE_ALG_NOT_ALLOWED", expect.any(String), hs256({}, { alg: "HS384" })],
    [
      "signature",
      "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
      expect.any(String),
      forge({ alg: "HS256" }, CLAIMS, byHmac("wrong")),
    ],
    ["expired", "ERR_JWT_EXPIRED", "expired", hs256({ exp: NOW })],
    ["expired", "ERR_JWT_EXPIRED", expect.any(String), hs256({ exp: NOW - 3600 })],
    ["clock", "Error", "issued in the future", hs256({ iat: NOW + 31 })],
    ["claims", CLAIM, "expiry out of bounds", hs256({ exp: NOW + 366 * 86_400 + 1 })],
    ["claims", CLAIM, expect.any(String), hs256({ iss: "another" })],
    ["claims", CLAIM, expect.any(String), hs256({ exp: undefined })],
    ["claims", CLAIM, expect.any(String), hs256({ sub: undefined })],
    ["claims", "ZodError", expect.any(String), hs256({ sub: "" })],
  ])("a refusal counts as %s, and is logged as %s", async (kind, reason, message, token) => {
    const cause = await world.verifier.verify(token).catch((error: Error) => error.cause);
    expect(cause).toMatchObject({ message });
    expect(world.refusals).toEqual([kind]);
    expect(world.logged).toEqual([[{ reason }, "token refused"]]);
    if (message === "expiry out of bounds") expect(cause).toMatchObject({ claim: "exp" });
  });

  test("what has not the form of a token is counted, and no token at all is not; neither is logged", async () => {
    for (const token of ["a.b", "a.b.c!", `a.b.${"c".repeat(8192)}`])
      expect(await judge(token)).toEqual(UNIFORM);
    expect(world.refusals).toEqual(["form", "form", "form"]);
    await expect(world.verifier.verify(undefined)).rejects.toMatchObject({ code: UNIFORM.code });
    expect(world.refusals).toHaveLength(3);
    expect(world.logged).toEqual([]);
  });

  test("J5: a token may last for 366 days, to the second", async () => {
    expect(await judge(hs256({ exp: NOW + 366 * 86_400 }))).toEqual(ACCEPTED);
    expect(await judge(hs256({ exp: NOW + 366 * 86_400 + 1 }))).toEqual(UNIFORM);
  });

  test("J15: a token may have 8192 characters", async () => {
    const padded = (chars: number) => hs256({ pad: "x".repeat(chars) }, { pad: "of a header" });
    const chars = Array.from({ length: 200 }, (_, i) => 5800 + i);
    const longest = chars.map(padded).find(({ length }) => length === 8192) ?? "";
    expect(await judge(longest)).toEqual(ACCEPTED);
    // And is held, as any other.
    expect(await world.verifier.verify(longest)).toBe(await world.verifier.verify(longest));
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

  test.each([
    ["P-384", "ES384", "sha384"],
    ["P-521", "ES512", "sha512"],
  ])("is taken: EC %s, as %s alone", async (namedCurve, alg, hash) => {
    const { publicKey, privateKey: key } = generateKeyPairSync("ec", { namedCurve });
    const { verifier } = await verifierOf({ kind: "public-key", pem: pemOf(publicKey) });
    const signer = (input: Buffer) => sign(hash, input, { key, dsaEncoding: "ieee-p1363" });
    expect(await verdict(verifier, forge({ alg }, CLAIMS, signer))).toEqual(ACCEPTED);
    expect(await verdict(verifier, forge({ alg: "ES256" }, CLAIMS, signer))).toEqual(UNIFORM);
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
        "JWT_PUBLIC_KEY: must be",
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
