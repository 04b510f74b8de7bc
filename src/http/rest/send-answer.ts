import type { CallRefusal, CallSuccess } from "../../trpc/answer-call.js";
import { type PlainAnswer, varyByEncoding } from "../plain-answer.js";
import { entityTag, isHeldBy } from "./entity-tag.js";
import type { RestRequest } from "./read-input.js";
import { ANALYSES, type RestRoute } from "./routes.js";

/** How long a caller should let a task be whose end nobody knows, and at most, in seconds. */
const USUAL_WAIT_S = 2;
const LONGEST_WAIT_S = 60;

/** An error that a call ended with. */
export function refusalAnswer({ status, error, headers }: CallRefusal): PlainAnswer {
  const body = [Buffer.from(JSON.stringify({ success: false, error }))];
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

/**
 * An answer with the status and the headers that it has over plain HTTP.
 *
 * @param answer its headers are taken, and added to
 * @param now milliseconds since 1970
 */
export function successAnswer(
  request: Pick<RestRequest, "path" | "header">,
  route: RestRoute,
  answer: CallSuccess,
  type: string,
  now: number,
): PlainAnswer {
  const { body, tag, task, encoded, headers } = answer;
  let status = route.status ?? 200;
  if (task?.status === "PENDING" || task?.status === "PROCESSING") {
    headers["retry-after"] = String(secondsUntil(task.estimated_completion, now));
    if (route.mayTake) {
      status = 202;
      headers.location = `${request.path.replace(/\/recompute$/, "")}/status?task_id=${task.task_id}`;
    }
  }
  // Only of a question may anything be kept.
  if (route.method === "GET") headers.vary = route.asCsv ? "authorization, accept" : "authorization";
  // The state of a task says in words why it failed.
  if (task)
    headers.vary = headers.vary === undefined ? "accept-language" : `${headers.vary}, accept-language`;
  if (status === 201) headers.location = `${ANALYSES}/${answer.id}`;
  if (route.method === "GET" && status === 200) {
    headers.etag = entityTag(tag);
    // It may be kept, and has to be asked for anew each time: whether the caller still may see it is decided here.
    headers["cache-control"] = "private, no-cache";
    if (isHeldBy(request.header("if-none-match"), tag)) {
      // As the answer in whose place it stands.
      varyByEncoding(headers, body.byteLength);
      return { status: 304, headers, body: null };
    }
  }
  headers["content-type"] = type;
  const plain: PlainAnswer = { status, headers, body: [body] };
  // One that was computed for this caller nobody else will get.
  if (encoded?.cached) plain.kept = { answer: encoded, form: "json" };
  return plain;
}

function secondsUntil(expected: Date | null, now: number): number {
  if (!expected) return USUAL_WAIT_S;
  return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil((expected.getTime() - now) / 1000)));
}
