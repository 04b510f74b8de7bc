import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { answerCall } from "../../trpc/answer-call.js";
import type { ProcedureCall } from "../../trpc/call-procedure.js";
import type { CallContext } from "../../trpc/context.js";
import { compressed, type PlainAnswer } from "../plain-answer.js";
import { remembered } from "../remembered.js";
import { fieldTypes, type RestRequest, readBodyWith, readFields, readOption } from "./read-input.js";
import type { RestRoute } from "./routes.js";
import { refusalAnswer, successAnswer, tableAnswer } from "./send-answer.js";

const JSON_TYPE = "application/json";

/** What a path says, decoded once. Undefined where it cannot be decoded. */
function readPath({ pathname }: URL, template: readonly string[]): Record<string, string> | undefined {
  const segments = pathname.split("/");
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

/** Makes calls of the requests at one address. */
export type CallMaker = (request: RestRequest, ctx: CallContext) => RouteCall;

/** Prepares a route. @returns what reads an address of it; undefined for one whose path cannot be decoded */
export function routeCalls(route: RestRoute): (address: URL) => CallMaker | undefined {
  const template = route.path.split("/");
  const types = fieldTypes(route.input);
  const own = route.asCsv ? ["format"] : [];
  return (address) => {
    const inPath = readPath(address, template);
    if (!inPath) return undefined;
    // Once, however often it is asked for: a refusal is one of the call, after its token and its limits.
    let read: { format: "json" | "csv" | undefined; fields: Record<string, unknown> } | undefined;
    const readOnce = () => {
      read ??= {
        format: route.asCsv ? readOption(address, "format", ["json", "csv"]) : undefined,
        fields: readFields(address, route, types, inPath, own),
      };
      return read;
    };
    return (request, ctx) => {
      const readInput = async () => {
        const { fields } = readOnce();
        const input = route.rest === "query" ? fields : await readBodyWith(request, fields);
        const lastEventId = route.streamed ? request.header("last-event-id") : undefined;
        return lastEventId === undefined ? input : { ...(input as object), lastEventId };
      };
      const call = { path: route.procedure, ctx, signal: request.signal, readInput };
      return { call, format: () => read?.format };
    };
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
    : route.asCsv && !answer.task && (format() ?? preferredFormat(request.header("accept") ?? "")) === "csv"
      ? await tableAnswer(request, route, answer, now)
      : successAnswer(request, route, answer, now);
  return compressed(plain, request.header("accept-encoding"));
}

const preferredFormat = remembered((accepted: string): "json" | "csv" => {
  // Of the context it only asks for the header.
  const c = { req: { header: () => accepted } } as unknown as Context;
  const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, "text/csv"], default: JSON_TYPE });
  return type === "text/csv" ? "csv" : "json";
});
