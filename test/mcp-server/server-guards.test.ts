import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { good, PATH, post, refused, start } from "./running-service.js";

const MIB = 1024 * 1024;

describe("a token", () => {
  const withToken = (authorization: string) => ({ authorization });

  test("that is right opens the door", async () => {
    const url = await start({ token: "s3cret" });
    expect((await post(url, good, withToken("Bearer s3cret"))).status).toBe(200);
    expect((await post(url, good, withToken("bearer s3cret"))).status).toBe(200);
  });

  test.each([
    "Bearer wrong",
    "Bearer s3cre",
    "Bearer s3cret2",
    "Bearer",
    "Basic s3cret",
    "s3cret",
    "Bearer s3cret x",
  ])("that is %s does not", async (value) => {
    const answer = await post(await start({ token: "s3cret" }), good, withToken(value));
    expect([answer.status, answer.body]).toEqual([
      401,
      refused("API_AUTHENTICATION_ERROR", "a valid bearer token is needed"),
    ]);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("that is missing does not, whatever the body", async () => {
    expect((await post(await start({ token: "s3cret" }), "{")).status).toBe(401);
  });

  test("is not asked for by health or where none is set", async () => {
    expect((await fetch(`${await start({ token: "s3cret" })}/healthz`)).status).toBe(200);
    expect((await post(await start({ token: "" }), good, withToken("Bearer anything"))).status).toBe(200);
  });
});

describe("a body that is too long", () => {
  test("is refused, and the connection stays usable", async () => {
    const url = await start({ bodyLimit: 1000 });
    const answer = await post(url, " ".repeat(2 * MIB));
    expect([answer.status, answer.body]).toEqual([
      413,
      refused("PAYLOAD_TOO_LARGE", "the body is longer than 1000 bytes"),
    ]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("is refused while nothing of it has come yet", async () => {
    const url = await start({ bodyLimit: 1000 });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const declaring = httpRequest(url + PATH, { method: "POST", headers: { "content-length": 1001 } });
      declaring.on("error", reject).on("response", (answer) => {
        resolve(answer.statusCode);
        answer.resume();
        declaring.destroy();
      });
      declaring.flushHeaders();
    });
    expect(status).toBe(413);
  });

  test("is refused without a declared length as well", async () => {
    const url = await start({ bodyLimit: MIB });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(url + PATH, { method: "POST" }, (answer) => {
        answer.resume();
        sending.destroy();
        resolve(answer.statusCode);
      });
      sending.on("error", reject);
      for (let chunk = 0; chunk < 20; chunk++) sending.write(Buffer.alloc(100_000, " "));
    });
    expect(status).toBe(413);
  });

  test("is one of more than 65 MiB where nothing else is said", async () => {
    const url = await start();
    expect((await post(url, " ".repeat(65 * MIB + 1))).status).toBe(413);
    const text = JSON.stringify(good);
    expect((await post(url, text.padEnd(64 * MIB))).status).toBe(200);
  }, 30_000);
});
