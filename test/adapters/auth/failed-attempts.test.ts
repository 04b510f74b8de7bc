import { beforeEach, describe, expect, test } from "vitest";
import { FailedAttempts } from "../../../src/adapters/auth/failed-attempts.js";
import { createTokenVerifier } from "../../../src/adapters/auth/token-verifier.js";
import { PegError } from "../../../src/domain/errors.js";
import type { TokenRefusal } from "../../../src/domain/metrics.js";
import type { TokenVerifier } from "../../../src/domain/ports.js";
import {
  AUDIENCE,
  byHmac,
  byRsa,
  CLAIMS,
  forge,
  hs256,
  ISSUER,
  NOW,
  rsa,
  SECRET,
  verifierOf,
} from "./tokens.js";

const RULE = { limit: 6, windowMs: 60_000 };

describe("attempts that fail", () => {
  let now: number;
  let attempts: FailedAttempts;
  beforeEach(() => {
    now = NOW * 1000;
    attempts = new FailedAttempts(RULE, { now: () => now });
  });
  const failTimes = (count: number, place = "a") => {
    for (let i = 0; i < count; i++) attempts.failed(place);
  };

  test("are let pass up to the limit, then one as often as the limit allows", () => {
    failTimes(5);
    expect(attempts.waitFor("a")).toBeUndefined();
    failTimes(1);
    expect(attempts.waitFor("a")).toBe(10);
    expect(attempts.waitFor("b")).toBeUndefined();
    now += 9_999;
    expect(attempts.waitFor("a")).toBe(1);
    now += 1;
    expect(attempts.waitFor("a")).toBeUndefined();
    failTimes(1);
    expect(attempts.waitFor("a")).toBe(10);
    now += 60_000;
    failTimes(5);
    expect(attempts.waitFor("a")).toBeUndefined();
  });

  test("that ran at the same time do not lengthen the wait", () => {
    failTimes(1000);
    expect(attempts.waitFor("a")).toBe(10);
  });

  test("are not forgiven by a clock that is set back", () => {
    failTimes(6);
    now -= 3_600_000;
    expect(attempts.waitFor("a")).toBe(10);
  });

  test("of a million places take no more memory than those of a hundred thousand", () => {
    failTimes(6, "first");
    for (let i = 0; i < 100_000; i++) attempts.failed(`place ${i}`);
    expect(attempts.waitFor("first")).toBeUndefined();
    expect(attempts.waitFor("place 99999")).toBeUndefined();
  });
});

describe("L13: a flood of bad tokens from one place", () => {
  let now: number;
  let verifier: TokenVerifier;
  let refusals: TokenRefusal[];
  beforeEach(async () => {
    now = NOW * 1000;
    refusals = [];
    verifier = await createTokenVerifier({
      keys: { kind: "secret", secret: SECRET },
      issuer: ISSUER,
      audience: AUDIENCE,
      clock: { now: () => now },
      steady: { now: () => now },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      metrics: { tokenRefused: (reason) => void refusals.push(reason) },
      attempts: RULE,
    });
  });
  const codeOf = (token: string | undefined, place: string | null = "attacker") =>
    verifier
      .verify(token, () => place ?? undefined)
      .then(({ userId }) => userId)
      .catch((error: PegError) => error.code);
  const bad = (n: number) => forge({ alg: "HS256" }, { ...CLAIMS, jti: n }, byHmac("wrong"));

  test("is not looked at beyond the limit, nor are calls without a token, and says when to come again", async () => {
    for (let i = 0; i < 3; i++) {
      expect(await codeOf(bad(i))).toBe("API_AUTHENTICATION_ERROR");
      expect(await codeOf(undefined)).toBe("API_AUTHENTICATION_ERROR");
    }
    refusals = [];
    const others = [
      bad(9),
      undefined,
      "a.b.c",
      "x".repeat(10_000),
      hs256({ exp: NOW - 1 }),
      hs256({ jti: "new" }),
    ];
    for (const token of others) expect(await codeOf(token)).toBe("API_RATE_LIMIT_EXCEEDED");
    expect(refusals).toEqual(others.map(() => "too_many"));
    const refused = await verifier.verify(bad(1), () => "attacker").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PegError);
    expect(refused).toMatchObject({
      message: "Too many calls without a valid token came from this address. Try again in 10 s.",
      retryAfter: 10,
    });
    now += 10_000;
    expect(await codeOf(hs256({ jti: "new" }))).toBe("user-1");
  });

  test("concerns no token that is known, and nobody elsewhere", async () => {
    const known = hs256();
    expect(await codeOf(known)).toBe("user-1");
    for (let i = 0; i < 20; i++) await codeOf(bad(i));
    expect(await codeOf(known)).toBe("user-1");
    expect(await codeOf(hs256({ jti: "another" }), "elsewhere")).toBe("user-1");
    expect(await codeOf(hs256({ jti: "of nowhere" }), null)).toBe("user-1");
  });

  test("of nowhere that is known keeps nobody out", async () => {
    for (let i = 0; i < 20; i++) expect(await codeOf(bad(i), null)).toBe("API_AUTHENTICATION_ERROR");
    expect(await codeOf(hs256(), null)).toBe("user-1");
  });

  test("is looked at for ever where no limit is set", async () => {
    const { verifier: open } = await verifierOf();
    for (let i = 0; i < 20; i++)
      await expect(open.verify(bad(i), () => "attacker")).rejects.toMatchObject({
        code: "API_AUTHENTICATION_ERROR",
      });
    expect((await open.verify(hs256(), () => "attacker")).userId).toBe("user-1");
  });

  test("is no flood while the keys are away: whether a token is bad is not known", async () => {
    const away = await createTokenVerifier({
      keys: { kind: "jwks", url: "http://127.0.0.1:1/jwks" },
      clock: { now: () => now },
      steady: { now: () => now },
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      attempts: RULE,
    });
    const token = forge({ alg: "RS256", kid: "k1" }, CLAIMS, byRsa(rsa.privateKey));
    for (let i = 0; i < 20; i++)
      await expect(away.verify(token, () => "caller")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("of good tokens is none", async () => {
    for (let i = 0; i < 50; i++) expect(await codeOf(hs256({ jti: i }))).toBe("user-1");
  });
});
