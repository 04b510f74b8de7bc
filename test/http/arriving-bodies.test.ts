import { Hono } from "hono";
import { expect, test } from "vitest";
import { MAX_SMALL_BODY_BYTES } from "../../src/contract/analysis.js";
import { PegError } from "../../src/domain/errors.js";
import { Room } from "../../src/domain/room.js";
import { limitBody } from "../../src/http/body-rules.js";
import type { AppEnv } from "../../src/http/refuse.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Takes bodies of up to 2 MiB where 4 MiB may be there together, and shows what of the 4 is taken. */
function takesBodies() {
  const arriving = new Room(4 * MIB, 0);
  const uploads = new Room(4 * MIB, 0);
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("services", { arriving, uploads } as never);
    await next();
  });
  app.post("/", limitBody(2 * MIB, { inTurn: true }), async (c) =>
    c.text(String((await c.req.text()).length)),
  );
  app.onError((error, c) => c.text(error instanceof PegError ? error.code : String(error), 400));
  /** To 64 KiB. */
  const taken = () => {
    let free = 4 * MIB;
    for (; free > 0; free -= 64 * KIB) {
      const leave = arriving.enterNow(free);
      leave?.();
      if (leave) break;
    }
    return 4 * MIB - free;
  };
  return { app, arriving, uploads, taken };
}

/** Sends a body that goes on as told. */
function send({ app }: ReturnType<typeof takesBodies>) {
  let sender: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      sender = controller;
    },
  });
  const ask = async () => {
    const response = await app.request("/", { method: "POST", body, ...{ duplex: "half" } });
    return response.text();
  };
  const answer = ask();
  const more = async (text: string | Uint8Array) => {
    sender?.enqueue(typeof text === "string" ? new TextEncoder().encode(text) : text);
    // All that comes of it comes before either.
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  };
  return { answer, more, end: () => sender?.close(), fail: () => sender?.error(new Error("gone")) };
}

test("a body takes room for what has come of it, and gives it back at its end", async () => {
  const world = takesBodies();
  const { answer, more, end } = send(world);
  await more("");
  expect(world.taken()).toBe(0);
  await more("x".repeat(MAX_SMALL_BODY_BYTES));
  expect(world.taken()).toBe(0);
  await more("x".repeat(MIB - MAX_SMALL_BODY_BYTES));
  expect(world.taken()).toBe(MIB + 64 * KIB);
  end();
  expect(await answer).toBe(String(MIB));
  expect(world.taken()).toBe(0);
});

test.each([
  ["two bytes a character, where one is beyond Latin-1", "\ud55c", 2 * MIB + 64 * KIB],
  ["two, where it is no text at all", new Uint8Array([0xff]), 2 * MIB + 64 * KIB],
  ["one, where all are Latin-1", "\u00e9", MIB + 64 * KIB],
])("a body takes %s", async (_, text, held) => {
  const world = takesBodies();
  const { answer, more, end } = send(world);
  await more("x".repeat(MIB - 10));
  await more(text);
  expect(world.taken()).toBe(held);
  end();
  await answer;
  expect(world.taken()).toBe(0);
});

test.each([
  [
    "that is too long",
    "PAYLOAD_TOO_LARGE",
    (sent: ReturnType<typeof send>) => sent.more("x".repeat(2 * MIB)),
  ],
  ["that breaks off", "Error: gone", (sent: ReturnType<typeof send>) => sent.fail()],
])("a body %s gives its room back", async (_, code, finish) => {
  const world = takesBodies();
  const sent = send(world);
  await sent.more("x".repeat(MIB));
  expect(world.taken()).toBeGreaterThan(MIB);
  await finish(sent);
  expect(await sent.answer).toBe(code);
  expect(world.taken()).toBe(0);
});

test("a body is refused whose next piece finds no room, and makes room for others", async () => {
  const world = takesBodies();
  const leave = world.arriving.enterNow(2.5 * MIB);
  const [one, other] = [send(world), send(world)];
  await one.more("x".repeat(MIB));
  await other.more("x".repeat(MIB));
  expect(await other.answer).toBe("SERVICE_UNAVAILABLE");
  await one.more("x".repeat(300 * KIB));
  one.end();
  expect(await one.answer).toBe(String(MIB + 300 * KIB));
  leave?.();
  expect(world.taken()).toBe(0);
});

test("a body keeps its room while it waits for its turn", async () => {
  const world = takesBodies();
  const leave = world.uploads.enterNow(4 * MIB);
  const { answer, more, end } = send(world);
  await more("x".repeat(MIB));
  end();
  await expect.poll(() => world.uploads.isWaitedFor).toBe(true);
  expect(world.taken()).toBeGreaterThan(MIB);
  leave?.();
  await answer;
  expect(world.taken()).toBe(0);
});
