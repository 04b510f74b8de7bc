import { Ratelimit } from "@upstash/ratelimit";
import { Redis, type RedisConfigNodejs } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestRedis, hasRedis, type TestRedis } from "./database.js";
import { startUpstashServer, type UpstashServer } from "./upstash-server.js";

const KEY_LOCKING = "#!lua flags=allow-key-locking\n";

describe.skipIf(!hasRedis)("the Upstash REST server of the tests", () => {
  let backend: TestRedis;
  let server: UpstashServer;

  const client = (options: Partial<RedisConfigNodejs> = {}): Redis =>
    new Redis({
      url: server.url,
      token: server.token,
      automaticDeserialization: false,
      enableAutoPipelining: false,
      retry: false,
      ...options,
    });
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(server.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${server.token}`, ...headers },
      body,
    });

  beforeAll(async () => {
    backend = await createTestRedis();
    server = await startUpstashServer({ redisUrl: backend.url });
  });
  afterAll(async () => {
    await server.stop();
    await backend.stop();
  });
  beforeEach(() => server.resetCounts());

  describe.each([
    { encoding: "base64" as const, option: {} },
    { encoding: "plain" as const, option: { responseEncoding: false as const } },
  ])("with $encoding answers", ({ option }) => {
    test.each([
      ["unicode", "서울 셀 🛰 – ñ"],
      ["binary-like text", String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code))],
      ["text that looks like base64", "T0s="],
      ["OK itself", "OK"],
      ["nothing", ""],
      ["leading zeros", "007"],
      ["more digits than a number holds", "12345678901234567890"],
      ["JSON", '{"a":[1,null]}'],
    ])("gives back %s exactly", async (_, value) => {
      const redis = client(option);
      expect(await redis.set("key", value)).toBe("OK");
      expect(await redis.get("key")).toBe(value);
      expect(await redis.mget("key", "missing", "key")).toEqual([value, null, value]);
    });

    test("encodes at any depth and leaves numbers and nulls alone", async () => {
      const reply = await client(option).eval("return { 'OK', 7, false, { 'né', { 'x' } } }", [], []);
      expect(reply).toEqual(["OK", 7, null, ["né", ["x"]]]);
    });
  });

  test("writes base64 as the service does: every string but OK", async () => {
    const headers = { "Upstash-Encoding": "base64" };
    expect(await (await post("/", '["SET","foo","bar","EX",100]', headers)).json()).toEqual({ result: "OK" });
    expect(await (await post("/", '["GET","foo"]', headers)).json()).toEqual({ result: "YmFy" });
    expect(await (await post("/", '["GET","foo"]')).json()).toEqual({ result: "bar" });
  });

  test("answers a hash as Redis does, in a flat array", async () => {
    await client().hset("hash", { a: "1", b: "2" });
    expect(await (await post("/", '["hgetall","hash"]')).json()).toEqual({ result: ["a", "1", "b", "2"] });
    expect(await client({ automaticDeserialization: true }).hgetall("hash")).toEqual({ a: 1, b: 2 });
  });

  test("answers a pipeline item by item, errors among them", async () => {
    const redis = client();
    const results = await redis
      .pipeline()
      .set("text", "x")
      .incr("text")
      .get("text")
      .exec({ keepErrors: true });
    expect(results).toEqual([
      { result: "OK", error: undefined },
      { result: undefined, error: "ERR value is not an integer or out of range" },
      { result: "x", error: undefined },
    ]);
    expect(server).toMatchObject({ requests: 1, commands: 3, commandNames: ["SET", "INCR", "GET"] });
  });

  test("runs a transaction, keeps going past a failing command, and discards a malformed one whole", async () => {
    const redis = client();
    expect(await redis.multi().set("n", "1").incr("n").get("n").exec()).toEqual(["OK", 2, "2"]);
    const failing = await post("/multi-exec", '[["SET","s","x"],["INCR","s"],["GET","s"]]');
    expect(await failing.json()).toEqual([
      { result: "OK" },
      { error: "ERR value is not an integer or out of range" },
      { result: "x" },
    ]);
    const discarded = await post("/multi-exec", '[["SET","s","y"],["GET"]]');
    expect(discarded.status).toBe(400);
    expect(await discarded.json()).toEqual({ error: expect.stringContaining("EXECABORT") });
    expect(await redis.get("s")).toBe("x");
  });

  test("sends the commands of one tick in one request when the client pipelines by itself", async () => {
    const redis = client({ enableAutoPipelining: true });
    await Promise.all([redis.get("a"), redis.get("b"), redis.mget("c", "d"), redis.ttl("a")]);
    expect(server).toMatchObject({ requests: 1, commands: 4 });
  });

  test("evaluates scripts by text and by digest, and tells NOSCRIPT as Redis does", async () => {
    const redis = client();
    const script = "return { KEYS[1], ARGV[1] }";
    const digest = await redis.scriptLoad(script);
    expect(await redis.evalsha(digest, ["k"], ["v"])).toEqual(["k", "v"]);
    await redis.scriptFlush();
    await expect(redis.evalsha(digest, ["k"], ["v"])).rejects.toThrow("NOSCRIPT No matching script");
    expect(await redis.eval(script, ["k"], ["v"])).toEqual(["k", "v"]);
    expect(await redis.evalsha(digest, ["k"], ["v"])).toEqual(["k", "v"]);
  });

  test.each([
    ["alone", KEY_LOCKING],
    ["among other flags", "#!lua flags=no-writes,allow-key-locking\n"],
  ])("accepts the flag allow-key-locking %s, under the digest the client knows", async (_, shebang) => {
    const redis = client();
    const script = `${shebang}return ARGV[1]`;
    expect(await redis.eval(script, [], ["v"])).toBe("v");
    await redis.scriptFlush();
    const digest = await redis.scriptLoad(script);
    expect(await redis.scriptExists(digest)).toEqual([1]);
    expect(await redis.evalsha(digest, [], ["v"])).toBe("v");
    await redis.scriptFlush();
    await expect(redis.evalsha(digest, [], ["v"])).rejects.toThrow("NOSCRIPT");
  });

  test("carries @upstash/ratelimit, also over a flush of its scripts", async () => {
    const redis = new Redis({ url: server.url, token: server.token, retry: false });
    const limit = new Ratelimit({
      redis,
      limiter: Ratelimit.fixedWindow(3, "1 h"),
      ephemeralCache: false,
      analytics: false,
    });
    const verdicts: boolean[] = [];
    for (let call = 0; call < 5; call++) {
      if (call === 2) await redis.scriptFlush();
      verdicts.push((await limit.limit("user")).success);
    }
    expect(verdicts).toEqual([true, true, true, false, false]);
    expect(await limit.getRemaining("user")).toMatchObject({ remaining: 0, limit: 3 });
  });

  test.each([
    ["a wrong number of arguments", "/", '["GET"]', "ERR wrong number of arguments for 'get' command"],
    ["a body that is no JSON", "/", "[", "ERR failed to parse request"],
    ["a body that is no command", "/", '{"GET":"a"}', "ERR failed to parse command"],
    ["an argument that is null", "/", '["GET",null]', "ERR failed to parse command"],
    ["an empty pipeline", "/pipeline", "[]", "ERR failed to parse pipeline request"],
    [
      "a command that needs its own connection",
      "/",
      '["subscribe","a"]',
      "ERR Command is not available: 'SUBSCRIBE'",
    ],
  ])("answers %s with 400", async (_, path, body, error) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });

  test("refuses a wrong token and other methods", async () => {
    await expect(client({ token: "wrong" }).get("a")).rejects.toThrow(
      "WRONGPASS invalid or missing auth token",
    );
    expect((await post("/", '["PING"]', { authorization: "" })).status).toBe(401);
    expect((await fetch(server.url, { method: "DELETE" })).status).toBe(405);
    expect(server.commands).toBe(0);
  });

  describe("told to fail", () => {
    beforeEach(() => async () => server.setFault(null));

    test("hangs until the caller gives up", async () => {
      await server.setFault("hang");
      const signal = (): AbortSignal => AbortSignal.timeout(100);
      await expect(client({ signal }).get("a")).rejects.toThrow("aborted due to timeout");
      expect(server).toMatchObject({ requests: 1, commands: 0 });
    });

    test.each(["refuse", "reset"] as const)("breaks the connection: %s", async (fault) => {
      await server.setFault(fault);
      await expect(client().get("a")).rejects.toThrow("fetch failed");
      await server.setFault(null);
      expect(await client().ping()).toBe("PONG");
    });

    test("answers 500", async () => {
      await server.setFault("500");
      await expect(client().get("a")).rejects.toThrow("ERR internal server error");
    });

    test("answers garbage", async () => {
      await server.setFault("garbage");
      await expect(client().get("a")).rejects.toThrow("Unable to parse response body");
    });

    test("answers late", async () => {
      await server.setFault({ delayMs: 60 });
      const started = performance.now();
      expect(await client().ping()).toBe("PONG");
      expect(performance.now() - started).toBeGreaterThan(50);
    });
  });
});
