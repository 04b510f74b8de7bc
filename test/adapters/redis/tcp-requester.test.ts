import { createHash } from "node:crypto";
import { Ratelimit } from "@upstash/ratelimit";
import type { Redis } from "@upstash/redis";
import { Redis as IoRedis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { connectTcp, TcpRequester } from "../../../src/adapters/redis/tcp-requester.js";
import {
  createTestRedis,
  hasRedis,
  hasRedisServer,
  startRedis,
  type TestRedis,
} from "../../support/database.js";
import { inTime } from "../../support/in-time.js";

const sha1 = (text: string) => createHash("sha1").update(text).digest("hex");

describe.skipIf(!hasRedis)("the Upstash client over TCP", () => {
  let server: TestRedis;
  let redis: Redis;
  let raw: IoRedis;
  let close: () => void;
  beforeAll(async () => {
    server = await createTestRedis();
    raw = new IoRedis(server.url);
    ({ redis, close } = connectTcp(server.url));
    await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
  });
  afterAll(async () => {
    close();
    raw.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await raw.flushall();
    await raw.script("FLUSH");
  });

  test("C9: gives values back as they were stored, never parsed", async () => {
    for (const text of ["007", "12345678901234567890", '{"a":1}', "null", "true", "1e3", "", "né"]) {
      await redis.set("key", text);
      expect(await redis.get("key")).toBe(text);
    }
    expect(await redis.get("absent")).toBeNull();
    expect(await redis.mget("key", "absent")).toEqual(["né", null]);
  });

  test("numbers, lists and nulls come back as Redis gives them", async () => {
    expect(await redis.eval("return { 1, 'a', false, { 2 } }", [], [])).toEqual([1, "a", null, [2]]);
    expect(await redis.incr("n")).toBe(1);
    expect(await redis.ping()).toBe("PONG");
  });

  describe("scripts that begin with a line of flags", () => {
    const SCRIPT = "#!lua flags=allow-key-locking\nreturn ARGV[1]";

    test("stock Redis refuses the line, which is why it is taken off", async () => {
      await expect(raw.eval(SCRIPT, 0, "x")).rejects.toThrow("Unexpected flag in script shebang");
      expect(await redis.eval(SCRIPT, [], ["x"])).toBe("x");
    });

    test("are known by the hash of their whole text once they have run", async () => {
      await redis.eval(SCRIPT, [], ["x"]);
      expect(await redis.evalsha(sha1(SCRIPT), [], ["y"])).toBe("y");
    });

    test("are told as missing before, and after a flush, until they run again", async () => {
      await expect(redis.evalsha(sha1(SCRIPT), [], ["x"])).rejects.toThrow("NOSCRIPT");
      await redis.eval(SCRIPT, [], ["x"]);
      await raw.script("FLUSH");
      await expect(redis.evalsha(sha1(SCRIPT), [], ["x"])).rejects.toThrow("NOSCRIPT");
      await redis.eval(SCRIPT, [], ["x"]);
      expect(await redis.evalsha(sha1(SCRIPT), [], ["z"])).toBe("z");
    });

    test("work within a pipeline and a transaction", async () => {
      const run = (batch: ReturnType<Redis["pipeline"]>) => {
        batch.eval(SCRIPT, [], ["a"]);
        batch.evalsha(sha1(SCRIPT), [], ["b"]);
        return batch.exec();
      };
      expect(await run(redis.pipeline())).toEqual(["a", "b"]);
      expect(await run(redis.multi())).toEqual(["a", "b"]);
    });

    test("keep the shebang where it stands elsewhere than at the beginning", async () => {
      expect(await redis.eval("return '#!lua x'", [], [])).toBe("#!lua x");
      expect(await redis.eval("return ARGV[1]", [], ["#!lua flags=x\n"])).toBe("#!lua flags=x\n");
      await redis.set("k", "#!lua flags=x\nv");
      expect(await redis.get("k")).toBe("#!lua flags=x\nv");
    });
  });

  test("a script without such a line keeps its own hash", async () => {
    const script = "return KEYS[1]";
    expect(await redis.eval(script, ["k"], [])).toBe("k");
    expect(await redis.evalsha(sha1(script), ["k"], [])).toBe("k");
  });

  test.each([
    ["slidingWindow", Ratelimit.slidingWindow(3, "1 h")],
    ["fixedWindow", Ratelimit.fixedWindow(3, "1 h")],
    ["tokenBucket", Ratelimit.tokenBucket(3, "1 h", 3)],
  ])("carries @upstash/ratelimit's own %s, also over a flush of its scripts", async (_, limiter) => {
    const limit = new Ratelimit({ redis, limiter, ephemeralCache: false });
    const verdicts: boolean[] = [];
    for (let call = 0; call < 5; call++) {
      if (call === 2) await raw.script("FLUSH");
      verdicts.push((await limit.limit("user")).success);
    }
    expect(verdicts).toEqual([true, true, true, false, false]);
    expect((await limit.getRemaining("user")).remaining).toBe(0);
    await limit.resetUsedTokens("user");
    expect((await limit.limit("user")).success).toBe(true);
  });

  test("a pipeline answers each command, errors among them", async () => {
    const batch = redis.pipeline().set("text", "x").incr("text").get("text");
    expect(await batch.exec({ keepErrors: true })).toEqual([
      { result: "OK" },
      { error: expect.stringContaining("not an integer"), result: undefined },
      { result: "x" },
    ]);
    await expect(redis.pipeline().incr("text").exec()).rejects.toThrow("not an integer");
  });

  test("a transaction runs as one, and a malformed one not at all", async () => {
    expect(await redis.multi().set("n", "1").incr("n").get("n").exec()).toEqual(["OK", 2, "2"]);
    const requester = new TcpRequester(raw);
    const body = [["set", "n", "9"], ["get"]];
    await expect(requester.request({ path: ["multi-exec"], body })).rejects.toThrow("EXECABORT");
    expect(await redis.get("n")).toBe("2");
  });

  test("a refusal of the server is thrown with its words", async () => {
    await redis.set("text", "x");
    await expect(redis.lpush("text", "y")).rejects.toThrow("WRONGTYPE");
    await expect(redis.eval("return nonsense(", [], [])).rejects.toThrow("Error compiling script");
  });
});

describe.skipIf(!hasRedisServer)("a connection that breaks", () => {
  test("fails commands at once while it is away, and serves again when Redis is back", async () => {
    const server = await startRedis();
    const { redis, close } = connectTcp(server.url);
    await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
    await server.stop();
    await inTime(300, async () => {
      await expect(redis.get("a")).rejects.toThrow();
      await expect(redis.pipeline().get("a").exec()).rejects.toThrow();
    });
    await server.restart();
    await vi.waitFor(() => redis.ping(), { timeout: 5000, interval: 20 });
    close();
    await server.stop();
  });

  test("that was never there fails commands at once and leaves nothing behind when closed", async () => {
    const server = await startRedis();
    await server.stop();
    const { redis, close } = connectTcp(server.url);
    await expect(redis.get("a")).rejects.toThrow();
    close();
    await expect(redis.get("a")).rejects.toThrow();
  });
});
