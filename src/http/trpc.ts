import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context } from "hono";
import { MAX_BATCH_SIZE } from "../contract/analysis.js";
import { answerHeaders } from "../trpc/answer-headers.js";
import { answerQueries, areQueries, type QueryCall } from "../trpc/answer-queries.js";
import { appRouter } from "../trpc/app-router.js";
import { type CallContext, createCallContext } from "../trpc/context.js";
import { readInput } from "../trpc/transformer.js";
import { bearerToken } from "./bearer-token.js";
import { signRefusal } from "./early-refusal.js";
import { TRPC_ENDPOINT } from "./error-envelope.js";
import { compressed, type PlainAnswer, sendPlain } from "./plain-answer.js";
import { type AppEnv, refuse } from "./refuse.js";
import { sizeOf } from "./request-size.js";
import { toldStream } from "./told-stream.js";

/** Answers vary by it also where they are no errors: the state of a task tells why it failed. */
const LANGUAGE_HEADER = "accept-language";
const VARY = `trpc-accept, accept, ${LANGUAGE_HEADER}`;

export type HeaderReader = (name: string) => string | undefined;

const STREAMED_TYPE = /(?:^|,)\s*application\/jsonl\s*(?:,|$)/;

/** Whether the caller asks for answers one by one, as they are ready: as tRPC looks at it. */
export function isStreamed(header: HeaderReader): boolean {
  return header("trpc-accept") !== undefined || STREAMED_TYPE.test(header("accept") ?? "");
}

/** What stands behind the endpoint in an address, as it is written. */
export interface TrpcAddress {
  path: string;
  parameters: [name: string, value: string][];
}

/** @param url whole, or the path and the query alone */
export function readAddress(url: string): TrpcAddress {
  const queryAt = url.indexOf("?");
  const end = queryAt === -1 ? url.length : queryAt;
  const path = url.slice(url.indexOf(`${TRPC_ENDPOINT}/`) + TRPC_ENDPOINT.length + 1, end);
  return { path, parameters: [...new URLSearchParams(url.slice(end))] };
}

/** Whether a parameter stands twice, which others may read otherwise. */
export function isAmbiguous({ parameters }: TrpcAddress): boolean {
  return new Set(parameters.map(([name]) => name)).size < parameters.length;
}

/** Whether a path may name procedures at all: tRPC itself would overlook a slash at its end. */
function canBePath(path: string): boolean {
  if (path.endsWith("/")) return false;
  try {
    return decodeURIComponent(path) !== undefined;
  } catch {
    return false;
  }
}

/** Queries that are asked together. */
export interface Queries {
  calls: QueryCall[];
  batch: boolean;
}

/** The queries of a plain GET; undefined for anything else, which tRPC's own handler takes. */
export function readQueries({ path, parameters }: TrpcAddress): Queries | undefined {
  const batch = parameters.some(([name, value]) => name === "batch" && value === "1");
  if (!parameters.every(([name]) => name === "input" || name === "batch")) return undefined;
  if (!batch && parameters.some(([name]) => name === "batch")) return undefined;
  const paths = batch ? path.split(",") : [path];
  if (paths.length > MAX_BATCH_SIZE || !areQueries(paths)) return undefined;
  const text = parameters.find(([name]) => name === "input")?.[1];
  try {
    const input: unknown = text === undefined ? undefined : JSON.parse(text);
    if (!batch) return { calls: [{ path, input: readInput(input) }], batch };
    if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
    const inputs = input as Record<string, unknown>;
    return { calls: paths.map((one, i) => ({ path: one, input: readInput(inputs[i]) })), batch };
  } catch {
    return undefined;
  }
}

/** Answers the queries of a plain GET, as tRPC does. @param acceptEncoding what the caller's header says */
export async function answerPlainGet(
  { calls, batch }: Queries,
  ctx: CallContext,
  acceptEncoding: string | undefined,
): Promise<PlainAnswer> {
  const { status, body, errors, encoded } = await answerQueries(calls, ctx, batch);
  const headers = answerHeaders(errors, ctx);
  headers["content-type"] = "application/json";
  headers.vary = VARY;
  const plain: PlainAnswer = { status, headers, body };
  // One that was computed for this caller nobody else will get.
  if (encoded?.cached) plain.kept = { answer: encoded, form: batch ? "trpc batch" : "trpc" };
  return compressed(plain, acceptEncoding);
}

/** Serves tRPC. */
export async function serveTrpc(c: Context<AppEnv>): Promise<Response> {
  const { services, requestId, language, clientAddress } = c.var;
  const header = (name: string) => c.req.header(name);
  const address = readAddress(c.req.url);
  if (!canBePath(address.path)) return c.notFound();
  if (isAmbiguous(address))
    return refuse(c, "API_VALIDATION_ERROR", "A parameter of the query may be given once only.");
  const tally = { calls: 0 };
  const ctx = createCallContext({
    services,
    requestId,
    language,
    token: bearerToken(header("authorization")),
    from: clientAddress,
    streamed: isStreamed(header),
    requestSize: sizeOf(c.req.raw),
    tally,
  });
  const queries = c.req.method === "GET" && !ctx.streamed ? readQueries(address) : undefined;
  if (queries) {
    c.set("endpoint", undefined);
    return sendPlain(c, await answerPlainGet(queries, ctx, header("accept-encoding")));
  }
  let begun = false;
  const response = await fetchRequestHandler({
    endpoint: TRPC_ENDPOINT,
    req: c.req.raw,
    router: appRouter,
    maxBatchSize: MAX_BATCH_SIZE,
    createContext: () => {
      begun = true;
      return ctx;
    },
    responseMeta: ({ errors }) => ({ headers: { vary: LANGUAGE_HEADER, ...answerHeaders(errors, ctx) } }),
  });
  // Of what it refused before any call nobody else counts it.
  if (tally.calls) c.set("endpoint", undefined);
  // What it refuses before any call goes as text, though it is JSON as well.
  const isText = (response.headers.get("content-type") ?? "text/plain").startsWith("text/plain");
  if (isText && response.status >= 400) response.headers.set("content-type", "application/json");
  const type = response.headers.get("content-type") ?? "";
  const refusedEarly = !begun && response.status >= 400 && type.startsWith("application/json");
  if (!refusedEarly && (ctx.streamed || type.startsWith("text/event-stream"))) {
    // tRPC lets caches keep it and ask about it.
    if (response.headers.has("cache-control"))
      response.headers.set("cache-control", "private, no-store, no-transform");
    // Whether the connection stays is the server's to say: it may be about to stop.
    response.headers.delete("connection");
    return toldStream(response, services.logger, requestId);
  }
  const body = refusedEarly
    ? [Buffer.from(signRefusal(await response.text(), requestId, language))]
    : response.body && [new Uint8Array(await response.arrayBuffer())];
  const answer = { status: response.status, headers: Object.fromEntries(response.headers), body };
  return sendPlain(c, await compressed(answer, header("accept-encoding")));
}
