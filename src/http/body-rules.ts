import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { bodyCutOff, bodyTooLarge } from "../trpc/errors.js";
import { readInTurn } from "./body-turns.js";
import { readPiecewise } from "./piecewise-text.js";
import { type AppEnv, refuse } from "./refuse.js";
import { toldStream } from "./told-stream.js";
import { isStreamed } from "./trpc.js";

const JSON_TYPE = /^application\/json[ \t]*(;.*)?$/i;

function hasBody(c: Context): boolean {
  const length = c.req.header("content-length");
  return c.req.header("transfer-encoding") !== undefined || (length !== undefined && length !== "0");
}

/** Takes no body at all, where none would be read: whoever sends one means something by it. */
export const noBody = createMiddleware<AppEnv>(async (c, next) => {
  if (!hasBody(c)) return next();
  // It is not read: nothing else can come over this connection.
  c.header("connection", "close");
  return refuse(c, "API_VALIDATION_ERROR", "No body is taken here: everything stands in the address.");
});

/** Takes no body but JSON: form data and plain text are what a foreign page can send without asking first. */
export const jsonOnly = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === "GET" || c.req.method === "HEAD") return noBody(c, next);
  const type = c.req.header("content-type") ?? (hasBody(c) ? "" : "application/json");
  return JSON_TYPE.test(type)
    ? next()
    : refuse(c, "API_VALIDATION_ERROR", "A body must be application/json.", 415);
});

/** Lets `text()` say that the sender broke off: a connection to the database that breaks fails in the same words. */
function tellCutOff(request: Request): void {
  const read = request.text.bind(request);
  const blame = (error: unknown): never => {
    throw (error as { code?: unknown }).code === "ECONNRESET" ? bodyCutOff(error) : error;
  };
  Object.defineProperty(request, "text", { value: () => read().catch(blame), configurable: true });
}

/** Takes bodies up to so many bytes. @param options `inTurn`: works on only so many bytes of them at a time */
export function limitBody(maxSize: number, { inTurn = false } = {}) {
  function counted(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    let size = 0;
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        size += chunk.byteLength;
        if (size > maxSize) controller.error(bodyTooLarge(maxSize));
        else controller.enqueue(chunk);
      },
    });
    return body.pipeThrough(count);
  }

  async function passOn(c: Context<AppEnv>, next: Next, size: number): Promise<void> {
    tellCutOff(c.req.raw);
    if (!inTurn) return next();
    const { services, requestId } = c.var;
    // What is not read is in the way of whatever else would come over this connection.
    const end = readInTurn(c.req.raw, size, services, () => c.header("connection", "close"));
    if (!isStreamed((name) => c.req.header(name))) return next().finally(end);
    // Its answer begins before its body is read.
    await next().catch((error: unknown) => {
      end();
      throw error;
    });
    c.res = toldStream(c.res, services.logger, requestId, end);
  }

  return createMiddleware<AppEnv>(async (c, next) => {
    // Looking for a body costs more than answering from the cache, and these have none.
    if (c.req.method === "GET" || c.req.method === "HEAD") return next();
    const length = c.req.header("content-length");
    if (length !== undefined) {
      if (Number(length) <= maxSize) {
        readPiecewise(c.req.raw, Number(length));
        return passOn(c, next, Number(length));
      }
      c.header("connection", "close");
      return refuse(c, "PAYLOAD_TOO_LARGE", bodyTooLarge(maxSize).words);
    }
    // One whose length is not told is counted as it is read, which is after the token and the limits.
    const { body } = c.req.raw;
    if (body) c.req.raw = new Request(c.req.raw, { body: counted(body), duplex: "half" });
    return passOn(c, next, body ? maxSize : 0);
  });
}
