import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Context } from "hono";
import { MAX_BATCH_SIZE } from "../contract/analysis.js";
import { answerHeaders } from "../trpc/answer-headers.js";
import { answerQueries, areQueries, type QueryCall } from "../trpc/answer-queries.js";
import { appRouter } from "../trpc/app-router.js";
import { createCallContext } from "../trpc/context.js";
import { readInput } from "../trpc/transformer.js";
import { bearerToken } from "./bearer-token.js";
import type { AppEnv } from "./refuse.js";

export const TRPC_ENDPOINT = "/trpc";
/** Answers vary by it also where they are no errors: the state of a task tells why it failed. */
const LANGUAGE_HEADER = "accept-language";

/** Whether the caller asks for answers one by one, as they are ready. */
function isStreamed(headers: Headers): boolean {
  return headers.has("trpc-accept") || headers.get("accept") === "application/jsonl";
}

/** The calls of a plain GET of queries; undefined for anything else, which tRPC's own handler takes. */
function readQueries(request: Request): { calls: QueryCall[]; batch: boolean } | undefined {
  if (request.method !== "GET" || isStreamed(request.headers)) return undefined;
  const { url } = request;
  const queryAt = url.indexOf("?");
  const path = url.slice(
    url.indexOf(`${TRPC_ENDPOINT}/`) + TRPC_ENDPOINT.length + 1,
    queryAt === -1 ? undefined : queryAt,
  );
  const parameters = [...new URLSearchParams(queryAt === -1 ? "" : url.slice(queryAt))];
  const batch = parameters.some(([name, value]) => name === "batch" && value === "1");
  const known = parameters.every(([name]) => name === "input" || name === "batch");
  if (!known || parameters.length !== new Set(parameters.map(([name]) => name)).size) return undefined;
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

/** Serves tRPC. */
export async function serveTrpc(c: Context<AppEnv>): Promise<Response> {
  const { services, requestId, language } = c.var;
  const { headers } = c.req.raw;
  const ctx = createCallContext({
    services,
    requestId,
    language,
    token: bearerToken(headers),
    streamed: isStreamed(headers),
  });
  const queries = readQueries(c.req.raw);
  if (queries) {
    const { status, body, errors } = await answerQueries(queries.calls, ctx, queries.batch);
    const answer = {
      "content-type": "application/json",
      vary: `trpc-accept, accept, ${LANGUAGE_HEADER}`,
      ...answerHeaders(errors, ctx),
    };
    return c.body(body as Buffer<ArrayBuffer>, status as 200, answer);
  }
  return fetchRequestHandler({
    endpoint: TRPC_ENDPOINT,
    req: c.req.raw,
    router: appRouter,
    maxBatchSize: MAX_BATCH_SIZE,
    createContext: () => ctx,
    responseMeta: ({ errors, type }) => {
      const refused = errors.some(({ code }) => code === "METHOD_NOT_SUPPORTED");
      const allow = refused ? { allow: type === "mutation" ? "POST" : "GET" } : {};
      return { headers: { vary: LANGUAGE_HEADER, ...answerHeaders(errors, ctx), ...allow } };
    },
  });
}
