import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { answerCall, type CallSuccess } from "../../trpc/answer-call.js";
import type { ProcedureCall } from "../../trpc/call-procedure.js";
import type { CallContext } from "../../trpc/context.js";
import { compressed, type PlainAnswer } from "../plain-answer.js";
import { comparisonCsv } from "./comparison-csv.js";
import { fieldTypes, type RestRequest, readInput, readOption } from "./read-input.js";
import type { RestRoute } from "./routes.js";
import { refusalAnswer, successAnswer } from "./send-answer.js";

const JSON_TYPE = "application/json";
const CSV_TYPE = "text/csv; charset=utf-8; header=present";

/** What the path of a request says, decoded once. Undefined where it cannot be decoded. */
function readPath({ address }: RestRequest, template: readonly string[]): Record<string, string> | undefined {
  const segments = address.pathname.split("/");
  try {
    return Object.fromEntries(
      template.flatMap((part, i) =>
        part.startsWith("{") ? [[part.slice(1, -1), decodeURIComponent(segments[i] ?? "")]] : [],
      ),
    );
  } catch {
    return undefined;
  }
}

/** A request at the address of a route, as a call of its procedure. */
export interface RouteCall {
  call: ProcedureCall;
  /** What the query asks for, once the input was read. */
  format(): "json" | "csv" | undefined;
}

/** Prepares a route. @returns what makes calls of requests; undefined where the path cannot be decoded */
export function routeCalls(
  route: RestRoute,
): (request: RestRequest, ctx: CallContext) => RouteCall | undefined {
  const template = route.path.split("/");
  const types = fieldTypes(route.input);
  return (request, ctx) => {
    const inPath = readPath(request, template);
    if (!inPath) return undefined;
    let format: "json" | "csv" | undefined;
    const call: ProcedureCall = {
      path: route.procedure,
      ctx,
      signal: request.signal,
      readInput: async () => {
        if (route.asCsv) format = readOption(request, "format", ["json", "csv"]);
        const input = await readInput(request, route, types, inPath, route.asCsv ? ["format"] : []);
        const lastEventId = route.streamed ? request.header("last-event-id") : undefined;
        return lastEventId === undefined ? input : { ...(input as object), lastEventId };
      },
    };
    return { call, format: () => format };
  };
}

/** Answers a call at the address of a route. */
export async function answerRoute(
  route: RestRoute,
  request: RestRequest,
  { call, format }: RouteCall,
): Promise<PlainAnswer> {
  const answer = await answerCall(call);
  const now = call.ctx.services.clock.now();
  const plain = !answer.ok
    ? refusalAnswer(answer)
    : route.asCsv && !answer.task && (format() ?? preferredFormat(request)) === "csv"
      ? successAnswer(request, route, asCsv(answer), CSV_TYPE, now)
      : successAnswer(request, route, answer, JSON_TYPE, now);
  return compressed(plain, request.header("accept-encoding"));
}

function preferredFormat(request: RestRequest): "json" | "csv" {
  // Of the context it only asks for the header.
  const c = { req: request } as unknown as Context;
  const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, "text/csv"], default: JSON_TYPE });
  return type === "text/csv" ? "csv" : "json";
}

function asCsv(answer: CallSuccess): CallSuccess {
  const body = Buffer.from(comparisonCsv(answer.body));
  return { ...answer, body, tag: `${answer.tag}-csv`, encoded: undefined };
}
