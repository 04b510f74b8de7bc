import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { fill } from "../contract/words.js";
import { type AppEnv, refuse } from "./refuse.js";

const JSON_TYPE = /^application\/json[ \t]*(;.*)?$/i;

/** Takes no body but JSON: form data and plain text are what a foreign page can send without asking first. */
export const jsonOnly = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === "GET" || c.req.method === "HEAD") return next();
  const hasBody = (c.req.header("content-length") ?? "0") !== "0" || c.req.header("transfer-encoding");
  const type = c.req.header("content-type") ?? (hasBody ? "" : "application/json");
  return JSON_TYPE.test(type)
    ? next()
    : refuse(c, "API_VALIDATION_ERROR", "A body must be application/json.", 415);
});

/** Takes bodies up to so many bytes. */
export function limitBody(maxSize: number) {
  const limit = bodyLimit({
    maxSize,
    onError: (c) => {
      // The rest of the body is not read: nothing else can come over this connection.
      c.header("connection", "close");
      return refuse(
        c,
        "PAYLOAD_TOO_LARGE",
        fill("A body may have at most {bytes} bytes here.", { bytes: maxSize }),
      );
    },
  });
  // Looking for a body costs more than answering from the cache, and these have none.
  return createMiddleware<AppEnv>((c, next) =>
    c.req.method === "GET" || c.req.method === "HEAD" ? next() : limit(c, next),
  );
}
