import { isTrackedEnvelope } from "@trpc/server";
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { refusalOf } from "../../trpc/answer-call.js";
import { answerHeaders } from "../../trpc/answer-headers.js";
import { callProcedure, type ProcedureCall } from "../../trpc/call-procedure.js";
import { sendPlain } from "../plain-answer.js";
import { refusalAnswer } from "./send-answer.js";

/** A proxy closes what is silent. */
const PING_MS = 10_000;
/** A stream ends by then at the latest: the reader connects anew, and goes on where it was. */
const MAX_STREAM_MS = 1_800_000;
/** How long an answer waits for what refuses it; a reader that comes back may have to wait for its next event. */
const FIRST_EVENT_MS = 500;

const NOT_KEPT = "private, no-store";

type Events = AsyncIterator<unknown>;
type Step = IteratorResult<unknown> | "silence";

/**
 * Serves a subscription as server-sent events, each with its id and a state as data. What ends it early is told by
 * an event `closed` with the error; a reader that comes back after the terminal state gets 204, which tells an
 * EventSource not to come again.
 */
export async function serveEvents(c: Context, call: ProcedureCall): Promise<Response> {
  const { ctx } = call;
  const stop = new AbortController();
  const ends = [stop.signal, AbortSignal.timeout(MAX_STREAM_MS), ...(call.signal ? [call.signal] : [])];
  try {
    const found = (await callProcedure({ ...call, signal: AbortSignal.any(ends) })) as AsyncIterable<unknown>;
    const events = found[Symbol.asyncIterator]();
    const next = events.next();
    const first = await orSilence(next, FIRST_EVENT_MS);
    const headers = answerHeaders([], ctx);
    if (first !== "silence" && first.done) return c.body(null, 204, headers);
    if (c.req.method === "HEAD") {
      // Nobody would read the stream, nor ever end it.
      stop.abort();
      await events.return?.();
      return c.body(null, 200, { ...headers, "content-type": "text/event-stream" });
    }
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    // Proxies that gather what they pass on would gather events.
    c.header("x-accel-buffering", "no");
    const response = streamSSE(c, async (stream) => {
      stream.onAbort(() => stop.abort());
      try {
        await sendAll(stream, events, next);
      } catch (error) {
        const { error: body } = refusalOf(call, error);
        await stream.writeSSE({ event: "closed", data: JSON.stringify({ success: false, error: body }) });
      } finally {
        stop.abort();
        await events.return?.();
      }
    });
    // On both: where another middleware looked at the headers already, those of the context win.
    c.header("cache-control", NOT_KEPT);
    response.headers.set("cache-control", NOT_KEPT);
    // Whether the connection stays is the server's to say: it may be about to stop.
    c.header("connection", undefined);
    response.headers.delete("connection");
    return response;
  } catch (error) {
    stop.abort();
    return sendPlain(c, refusalAnswer(refusalOf(call, error)));
  }
}

async function sendAll(stream: SSEStreamingApi, events: Events, first: Promise<IteratorResult<unknown>>) {
  for (let next = first; ; ) {
    const step = await orSilence(next, PING_MS);
    if (stream.aborted) return;
    if (step === "silence") {
      await stream.write(": ping\n\n");
      continue;
    }
    if (step.done) return;
    if (!isTrackedEnvelope(step.value)) throw new TypeError("an event has to have an id");
    const [id, state] = step.value;
    await stream.writeSSE({ id, data: JSON.stringify(state) });
    next = events.next();
  }
}

/** What comes first: the next event, or so much time without one. */
async function orSilence(next: Promise<IteratorResult<unknown>>, ms: number): Promise<Step> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<"silence">((resolve) => {
    timer = setTimeout(() => resolve("silence"), ms);
  });
  return Promise.race([next, silence]).finally(() => clearTimeout(timer));
}
