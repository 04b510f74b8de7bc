import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { answerCall, type CallSuccess } from "../../trpc/answer-call.js";
import type { ProcedureCall } from "../../trpc/call-procedure.js";
import { createCallContext } from "../../trpc/context.js";
import { bearerToken } from "../bearer-token.js";
import type { AppEnv } from "../refuse.js";
import { sizeOf } from "../request-size.js";
import { comparisonCsv } from "./comparison-csv.js";
import { serveEvents } from "./events.js";
import { fieldTypes, readInput, readOption } from "./read-input.js";
import type { RestRoute } from "./routes.js";
import { refuseCall, sendAnswer } from "./send-answer.js";

const JSON_TYPE = "application/json";
const CSV_TYPE = "text/csv; charset=utf-8; header=present";
/** What the path of a request says, decoded once. Undefined where it cannot be decoded. */
function readPath(c: Context, template: readonly string[]): Record<string, string> | undefined {
  const segments = new URL(c.req.url).pathname.split("/");
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

/** Serves a procedure at its address, by the same call that tRPC makes. */
export function serveRoute(route: RestRoute): (c: Context<AppEnv>) => Promise<Response> {
  const template = route.path.split("/");
  const types = fieldTypes(route.input);
  return async (c) => {
    const inPath = readPath(c, template);
    if (!inPath) return c.notFound();
    const { services, requestId, language } = c.var;
    const ctx = createCallContext({
      services,
      requestId,
      language,
      token: bearerToken(c.req.raw.headers),
      streamed: false,
      requestSize: sizeOf(c.req.raw),
      tally: undefined,
    });
    let format: "json" | "csv" | undefined;
    const call: ProcedureCall = {
      path: route.procedure,
      ctx,
      signal: c.req.raw.signal,
      readInput: async () => {
        if (route.asCsv) format = readOption(c, "format", ["json", "csv"]);
        const input = await readInput(c, route, types, inPath, route.asCsv ? ["format"] : []);
        const lastEventId = route.streamed ? c.req.header("last-event-id") : undefined;
        return lastEventId === undefined ? input : { ...(input as object), lastEventId };
      },
    };
    if (route.streamed) return serveEvents(c, call);
    const answer = await answerCall(call);
    if (!answer.ok) return refuseCall(c, answer);
    const csv = route.asCsv && !answer.task && (format ?? preferredFormat(c)) === "csv";
    return csv ? sendAnswer(c, route, asCsv(answer), CSV_TYPE) : sendAnswer(c, route, answer, JSON_TYPE);
  };
}

function preferredFormat(c: Context): "json" | "csv" {
  const type = accepts(c, { header: "Accept", supports: [JSON_TYPE, "text/csv"], default: JSON_TYPE });
  return type === "text/csv" ? "csv" : "json";
}

function asCsv(answer: CallSuccess): CallSuccess {
  return { ...answer, body: Buffer.from(comparisonCsv(answer.body)), tag: `${answer.tag}-csv` };
}
