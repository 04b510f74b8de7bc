import type { CallRefusal, CallSuccess } from "../../trpc/answer-call.js";
import { MIN_COMPRESSED_BYTES } from "../content-encoding.js";
import { envelopeOf } from "../error-envelope.js";
import { type PlainAnswer, varyByEncoding } from "../plain-answer.js";
import { comparisonCsv } from "./comparison-csv.js";
import { entityTag, isHeldBy } from "./entity-tag.js";
import type { RestRequest } from "./read-input.js";
import { ANALYSES, type RestRoute } from "./routes.js";

/** How long a caller should let a task be whose end nobody knows, and at most, in seconds. */
const USUAL_WAIT_S = 2;
const LONGEST_WAIT_S = 60;

/** An error that a call ended with. @param target what was asked for: tRPC's addresses have an envelope of their own */
export function refusalAnswer({ status, error, headers }: CallRefusal, target = ""): PlainAnswer {
  const body = [Buffer.from(JSON.stringify(envelopeOf(target, error, status)))];
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

type Asked = Pick<RestRequest, "path" | "header">;

/**
 * An answer as JSON, with the status and the headers that it has over plain HTTP.
 *
 * @param answer its headers are taken, and added to
 * @param now milliseconds since 1970
 */
export function successAnswer(
  request: Asked,
  route: RestRoute,
  answer: CallSuccess,
  now: number,
): PlainAnswer {
  const { body, encoded, headers } = answer;
  const status = setHead(request, route, answer, now);
  if (status === 304) {
    // As the answer in whose place it stands.
    varyByEncoding(headers, body.byteLength);
    return { status, headers, body: null };
  }
  headers["content-type"] = "application/json";
  const plain: PlainAnswer = { status, headers, body: [body] };
  // One that was computed for this caller nobody else will get.
  if (encoded?.cached) plain.kept = { answer: encoded, form: "json" };
  return plain;
}

/** The same for a comparison as a table, which is made where the caller does not have it, and kept with the answer. */
export async function tableAnswer(
  request: Asked,
  route: RestRoute,
  answer: CallSuccess,
  now: number,
): Promise<PlainAnswer> {
  const { encoded, headers } = answer;
  const status = setHead(request, route, { ...answer, tag: `${answer.tag}-csv` }, now);
  // Also of a short one: to know that it is short it would have to be made.
  varyByEncoding(headers, MIN_COMPRESSED_BYTES);
  if (status === 304) return { status, headers, body: null };
  headers["content-type"] = "text/csv; charset=utf-8; header=present";
  const make = () => comparisonCsv(answer.body);
  if (!encoded?.cached) return { status, headers, body: [await make()] };
  return {
    status,
    headers,
    body: [await encoded.variant("csv", make)],
    kept: { answer: encoded, form: "csv" },
  };
}

/** Adds to the headers of an answer what its route and its state ask for. @returns the status: 304 where it is held */
function setHead(request: Asked, route: RestRoute, answer: CallSuccess, now: number): number {
  const { tag, task, headers } = answer;
  let status: number = route.status ?? 200;
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
  if (route.method !== "GET" || status !== 200) return status;
  headers.etag = entityTag(tag);
  // It may be kept, and has to be asked for anew each time: whether the caller still may see it is decided here.
  headers["cache-control"] = "private, no-cache";
  return isHeldBy(request.header("if-none-match"), tag) ? 304 : status;
}

function secondsUntil(expected: Date | null, now: number): number {
  if (!expected) return USUAL_WAIT_S;
  return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil((expected.getTime() - now) / 1000)));
}
