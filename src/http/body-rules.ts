import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { MAX_SMALL_BODY_BYTES } from "../contract/analysis.js";
import { bodyCutOff, bodyTooLarge, tooManyUploads } from "../trpc/errors.js";
import { readInTurn, type Share } from "./body-turns.js";
import { readPiecewise } from "./piecewise-text.js";
import { type AppEnv, refuse } from "./refuse.js";
import { toldStream } from "./told-stream.js";
import { isStreamed } from "./trpc.js";

const RETRY_AFTER_S = 5;
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
  return createMiddleware<AppEnv>(async (c, next) => {
    // Looking for a body costs more than answering from the cache, and these have none.
    if (c.req.method === "GET" || c.req.method === "HEAD") return next();
    const length = c.req.header("content-length");
    if (length !== undefined && Number(length) > maxSize) {
      c.header("connection", "close");
      return refuse(c, "PAYLOAD_TOO_LARGE", bodyTooLarge(maxSize).words);
    }
    const held = c.var.services.arriving.share();
    const onPiece = (bytes: number, size: number) => {
      if (bytes > maxSize) throw bodyTooLarge(maxSize);
      if (inTurn && bytes > MAX_SMALL_BODY_BYTES) takeRoom(c, held, size);
    };
    // One whose length is not told is counted as it is read, which is after the token and the limits.
    if (length === undefined || Number(length) > MAX_SMALL_BODY_BYTES) readPiecewise(c.req.raw, onPiece);
    tellCutOff(c.req.raw);
    return inTurn ? takeTurn(c, next, held) : next();
  });
}

/** @throws PegError SERVICE_UNAVAILABLE where there is no room for what has come of a body */
function takeRoom(c: Context<AppEnv>, held: Share, size: number): void {
  if (held.growTo(size)) return;
  // What is not read is in the way of whatever else would come over this connection. A stream has its head by now.
  if (!c.finalized) c.header("connection", "close");
  throw tooManyUploads(RETRY_AFTER_S);
}

/** Goes on with a body whose text is given in its turn, until its answer has ended. */
async function takeTurn(c: Context<AppEnv>, next: Next, held: Share): Promise<void> {
  const { services, requestId } = c.var;
  const end = readInTurn(c.req.raw, services.uploads, held);
  if (!isStreamed((name) => c.req.header(name))) return next().finally(end);
  // Its answer begins before its body is read.
  await next().catch((error: unknown) => {
    end();
    throw error;
  });
  c.res = toldStream(c.res, services.logger, requestId, end);
}
