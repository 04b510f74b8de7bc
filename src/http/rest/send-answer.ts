import type { Context } from "hono";
import type { CallRefusal, CallSuccess } from "../../trpc/answer-call.js";
import type { AppEnv } from "../refuse.js";
import { entityTag, isHeldBy } from "./entity-tag.js";
import { ANALYSES, type RestRoute } from "./routes.js";

/** How long a caller should let a task be whose end nobody knows, and at most, in seconds. */
const USUAL_WAIT_S = 2;
const LONGEST_WAIT_S = 60;

/** An error that a call ended with. */
export function refuseCall(c: Context, { status, error, headers }: CallRefusal): Response {
  return c.json({ success: false, error }, status as 400, headers);
}

/** An answer with the status and the headers that it has over plain HTTP. */
export function sendAnswer(
  c: Context<AppEnv>,
  route: RestRoute,
  answer: CallSuccess,
  type: string,
): Response {
  const { body, tag, task } = answer;
  const headers: Record<string, string> = { ...answer.headers };
  let status = route.status ?? 200;
  if (task?.status === "PENDING" || task?.status === "PROCESSING") {
    headers["retry-after"] = String(secondsUntil(task.estimated_completion, c.var.services.clock.now()));
    if (route.mayTake) {
      status = 202;
      headers.location = `${c.req.path.replace(/\/recompute$/, "")}/status?task_id=${task.task_id}`;
    }
  }
  if (status === 201) headers.location = `${ANALYSES}/${answer.id}`;
  if (route.method === "GET" && status === 200) {
    headers.etag = entityTag(tag);
    // It may be kept, and has to be asked for anew each time: whether the caller still may see it is decided here.
    headers["cache-control"] = "private, no-cache";
    headers.vary = route.asCsv ? "authorization, accept" : "authorization";
    if (isHeldBy(c.req.header("if-none-match"), tag)) return c.body(null, 304, headers);
  }
  headers["content-type"] = type;
  headers["content-length"] = String(body.byteLength);
  return c.body(body as Uint8Array<ArrayBuffer>, status as 200, headers);
}

function secondsUntil(expected: Date | null, now: number): number {
  if (!expected) return USUAL_WAIT_S;
  return Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil((expected.getTime() - now) / 1000)));
}
