import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenTokenVerifier } from "../../../src/adapters/auth/token-verifier.js";
import { jwks, type KeyServer, published, startKeyServer } from "./key-server.js";
import { ACCEPTED, byRsa, CLAIMS, forge, NOW, rsa, UNIFORM, verdict, verifierOf } from "./tokens.js";

const AWAY = {
  code: "SERVICE_UNAVAILABLE",
  message: "Tokens cannot be checked now. Try again soon.",
  details: undefined,
  retryAfter: 5,
};
const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** Of a fetched set, and of a token that was checked. */
const MAX_AGE = 5 * MINUTE;
/** After a fetch that failed. */
const RETRY = 5;

const text =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

const FAULTS: [string, RequestListener][] = [
  ["answers 500", text(500, "{}")],
  ["answers 404", text(404, "not here")],
  ["redirects", text(302, "", { location: "http://127.0.0.1:1/" })],
  ["answers a page", text(200, "<html></html>")],
  ["answers nothing", text(200, "")],
  ["answers JSON that is no key set", text(200, '{"error":"try later"}')],
  ["answers 50 MB", text(200, `{"keys":[],"x":"${"x".repeat(50_000_000)}"}`)],
  ["cuts the connection", (request) => void request.socket.destroy()],
  [
    "breaks off",
    (_, response) =>
      void response.writeHead(200, { "content-length": "99" }).write('{"keys":', () => response.destroy()),
  ],
];

describe("where the identity provider is away", () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let server: KeyServer;
  let well: RequestListener;
  let verifier: OpenTokenVerifier;
  let at: (seconds: number) => void;
  let logged: unknown[];
  let refusals: string[];
  let tokens = 0;

  /** Each another, so that none is held. */
  const token = (kid = "k1", key = rsa.privateKey) =>
    forge({ alg: "RS256", kid }, { ...CLAIMS, exp: NOW + 10 * HOUR, jti: tokens++ }, byRsa(key));

  beforeEach(async () => {
    well = jwks(await published(rsa.publicKey, "k1"));
    server = await startKeyServer(well);
    const world = await verifierOf({ kind: "jwks", url: server.url });
    ({ at, logged, refusals } = world);
    verifier = world.verifier as OpenTokenVerifier;
  });
  afterEach(() => server.stop());

  const lines = () => logged.filter((line) => /token keys/.test(String((line as unknown[])[1])));

  test.each(FAULTS)(
    "J21: and %s, known keys serve for an hour beyond their age, then nobody is told that his token is bad",
    async (_, fault) => {
      expect(await verdict(verifier, token())).toEqual(ACCEPTED);
      server.answer = fault;
      for (const seconds of [MAX_AGE - 1, MAX_AGE + 1, 20 * MINUTE, 40 * MINUTE, HOUR + MAX_AGE - 1]) {
        at(NOW + seconds);
        expect([seconds, await verdict(verifier, token())]).toEqual([seconds, ACCEPTED]);
      }
      const late = token();
      expect(await verdict(verifier, late)).toEqual(ACCEPTED);
      for (const seconds of [HOUR + MAX_AGE, HOUR + 2 * MAX_AGE, 3 * HOUR]) {
        at(NOW + seconds);
        expect([seconds, await verdict(verifier, token())]).toEqual([seconds, AWAY]);
        // It was held, though not beyond what the keys are good for.
        expect([seconds, await verdict(verifier, late)]).toEqual([seconds, AWAY]);
      }
      expect(verifier.remoteKeys?.usable()).toBe(false);
      server.answer = well;
      at(NOW + 3 * HOUR + RETRY);
      expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    },
  );

  test("J21: the outage and its end are a line each, and the metric and readiness know", async () => {
    await verdict(verifier, token());
    expect(verifier.remoteKeys?.failing()).toBe(false);
    server.answer = text(500, "");
    for (let minute = 5; minute < 30; minute++) {
      at(NOW + minute * MINUTE);
      expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    }
    expect(verifier.remoteKeys?.failing()).toBe(true);
    expect(verifier.remoteKeys?.usable()).toBe(true);
    await expect(verifier.remoteKeys?.check()).rejects.toThrow("cannot be fetched");
    expect(lines()).toEqual([
      [
        expect.objectContaining({ until: new Date((NOW + HOUR + MAX_AGE) * 1000).toISOString() }),
        "the token keys cannot be fetched: the last ones serve for an hour at most",
      ],
    ]);
    server.answer = well;
    let seconds = 31 * MINUTE;
    // What is known to be away is not waited for; and a fetch that failed before may end after the clock was set.
    const stillFailing = async () => {
      seconds += RETRY;
      at(NOW + seconds);
      await verdict(verifier, token());
      return verifier.remoteKeys?.failing();
    };
    await expect.poll(stillFailing, { timeout: 10_000 }).toBe(false);
    await verifier.remoteKeys?.check();
    expect(lines()).toHaveLength(2);
  });

  test("J21: nobody waits for a provider that is known to hang", async () => {
    await verdict(verifier, token());
    server.answer = text(500, "");
    at(NOW + MAX_AGE);
    await verdict(verifier, token());
    server.answer = () => {};
    at(NOW + MAX_AGE + RETRY);
    const began = performance.now();
    for (let i = 0; i < 20; i++) expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    // To wait for one fetch takes five seconds.
    expect(performance.now() - began).toBeLessThan(4_000);
    await expect.poll(() => server.asked.length).toBe(3);
  });

  test("J20, J21: key ids that nobody knows cause one fetch in the cool-down, and are not called bad", async () => {
    await verdict(verifier, token());
    at(NOW + MINUTE);
    server.answer = text(500, "");
    for (let i = 0; i < 50; i++) expect(await verdict(verifier, token(`made up ${i}`))).toEqual(AWAY);
    expect(server.asked).toHaveLength(2);
    expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    at(NOW + MINUTE + RETRY);
    for (let i = 0; i < 50; i++) expect(await verdict(verifier, token(`made up ${i}`))).toEqual(AWAY);
    expect(server.asked).toHaveLength(3);
    server.answer = well;
    at(NOW + MINUTE + 2 * RETRY);
    for (let i = 0; i < 50; i++) expect(await verdict(verifier, token(`made up ${i}`))).toEqual(UNIFORM);
    expect(server.asked).toHaveLength(4);
  });

  test("J18: a new key is taken as soon as the provider is back", async () => {
    await verdict(verifier, token());
    at(NOW + MINUTE);
    server.answer = text(500, "");
    expect(await verdict(verifier, token("k2", other.privateKey))).toEqual(AWAY);
    server.answer = jwks(await published(other.publicKey, "k2"));
    at(NOW + MINUTE + RETRY);
    expect(await verdict(verifier, token("k2", other.privateKey))).toEqual(ACCEPTED);
    // The old one was taken out: grace is for a provider that is away.
    expect(await verdict(verifier, token())).toEqual(UNIFORM);
  });

  test("J19: a key that was taken out during the outage fails within ten minutes of its end", async () => {
    await verdict(verifier, token());
    server.answer = text(500, "");
    at(NOW + 20 * MINUTE);
    const held = token();
    expect(await verdict(verifier, held)).toEqual(ACCEPTED);
    server.answer = jwks(await published(other.publicKey, "k2"));
    // Nobody asked in between: what was away long ago is not taken for away.
    at(NOW + 20 * MINUTE + MAX_AGE);
    expect(await verdict(verifier, token())).toEqual(UNIFORM);
    expect(await verdict(verifier, held)).toEqual(UNIFORM);
  });

  test.each(FAULTS)(
    "J22: at the start, and %s, tokens wait, and are taken once it is well",
    async (_, fault) => {
      server.answer = fault;
      for (let i = 0; i < 5; i++) expect(await verdict(verifier, token())).toEqual(AWAY);
      expect(server.asked).toHaveLength(1);
      expect(verifier.remoteKeys?.usable()).toBe(false);
      await expect(verifier.remoteKeys?.check()).rejects.toThrow();
      server.answer = well;
      at(NOW + RETRY);
      // Readiness asks by itself: where it tells that nobody can be served, nobody comes.
      await verifier.remoteKeys?.check();
      expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    },
  );

  test("J22: a server that is not there at all does not stop the start", async () => {
    await server.stop();
    expect(await verdict(verifier, token())).toEqual(AWAY);
    expect(refusals).toEqual(["keys_away"]);
    await expect(verifier.verify(token())).rejects.toMatchObject({
      cause: { message: "the token keys cannot be fetched", cause: expect.any(Error) },
    });
    expect(lines()).toEqual([
      [expect.anything(), "the token keys cannot be fetched: tokens cannot be checked"],
    ]);
  });

  test("J21: what went wrong is told in the log, and no redirection is followed", async () => {
    const elsewhere = await startKeyServer(well);
    const failures: [RequestListener, object][] = [
      [text(503, ""), { message: "no key set was answered", code: "HTTP_503" }],
      [text(302, "", { location: elsewhere.url }), { code: "HTTP_302" }],
      [text(200, " ".repeat(2 ** 20 + 1)), { message: "the key set is too large" }],
    ];
    for (const [fault, err] of failures) {
      server.answer = fault;
      const world = await verifierOf({ kind: "jwks", url: server.url });
      expect(await verdict(world.verifier, token())).toEqual(AWAY);
      expect(world.logged[0]).toEqual([{ err: expect.objectContaining(err) }, expect.any(String)]);
    }
    expect(elsewhere.asked).toEqual([]);
    await elsewhere.stop();
  });

  test("a set may have a mebibyte", async () => {
    const keys = JSON.stringify({ keys: [await published(rsa.publicKey, "k1")] });
    server.answer = text(200, keys.padEnd(2 ** 20));
    expect(await verdict(verifier, token())).toEqual(ACCEPTED);
  });

  test("J21: a provider that hangs is left after five seconds", async () => {
    const seconds = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(seconds.signal);
    server.answer = () => seconds.abort(new Error("five seconds have passed"));
    expect(await verdict(verifier, token())).toEqual(AWAY);
    expect(timeout).toHaveBeenCalledExactlyOnceWith(5000);
    timeout.mockRestore();
  });

  test("a fetch says what it takes, and leaves no connection behind", async () => {
    let asked: IncomingMessage | undefined;
    server.answer = (request, response) => {
      asked = request;
      well(request, response);
    };
    expect(await verdict(verifier, token())).toEqual(ACCEPTED);
    expect(asked?.headers.accept).toBe("application/json, application/jwk-set+json");
    await expect.poll(() => asked?.socket.destroyed, { timeout: 3_000 }).toBe(true);
  });
});
