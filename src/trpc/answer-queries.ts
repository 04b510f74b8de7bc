import { TRPCError } from "@trpc/server";
import { getHTTPStatusCode } from "@trpc/server/http";
import { getErrorShape } from "@trpc/server/shared";
import { EncodedAnswer } from "../domain/comparison/encoded-answer.js";
import { appRouter } from "./app-router.js";
import { callProcedure, procedureType } from "./call-procedure.js";
import type { CallContext } from "./context.js";
import { transformer } from "./transformer.js";

const config = appRouter._def._config;

/** A call of a query: the path, and the input out of its envelope. */
export interface QueryCall {
  path: string;
  input: unknown;
}

export interface QueryAnswer {
  status: number;
  /** In parts, so that those that are there already need not be copied together. */
  body: readonly Buffer[];
  errors: TRPCError[];
  /** Where the body is that of one answer, or a list with nothing else in it. */
  encoded: EncodedAnswer | undefined;
}

/** Whether all are queries, which `answerQueries` can answer. */
export function areQueries(paths: readonly string[]): boolean {
  return paths.every((path) => procedureType(path) === "query");
}

/**
 * Answers queries as tRPC's own HTTP handler does, through the same procedures and middleware, and puts answers that
 * are encoded already into the response as bytes. The handler would spend most of a cached answer's time.
 */
export async function answerQueries(
  calls: readonly QueryCall[],
  ctx: CallContext,
  batch: boolean,
): Promise<QueryAnswer> {
  const outcomes = await Promise.all(calls.map((call, i) => answerQuery(call, ctx, i)));
  const bodies = outcomes.map(({ body }) => body);
  return {
    status: getHTTPStatusCode(outcomes.map(({ untransformed }) => untransformed)),
    body: batch ? listOf(bodies) : bodies,
    errors: outcomes.flatMap(({ error }) => (error ? [error] : [])),
    encoded: outcomes.length === 1 ? outcomes[0]?.encoded : undefined,
  };
}

async function answerQuery({ path, input }: QueryCall, ctx: CallContext, batchIndex: number) {
  try {
    const data = await callProcedure({ path, ctx, readInput: async () => input, batchIndex });
    const encoded = data instanceof EncodedAnswer ? data : undefined;
    const body =
      encoded?.trpc ?? Buffer.from(JSON.stringify({ result: { data: transformer.output.serialize(data) } }));
    return { body, encoded, untransformed: { result: { data: undefined } }, error: undefined };
  } catch (cause) {
    const error =
      cause instanceof TRPCError ? cause : new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause });
    const shape = getErrorShape({ config, ctx, error, input, path, type: "query" });
    const body = Buffer.from(JSON.stringify({ error: transformer.output.serialize(shape) }));
    return { body, encoded: undefined, untransformed: { error: shape }, error };
  }
}

const [OPEN, COMMA, CLOSE] = ["[", ",", "]"].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

function listOf(bodies: readonly Buffer[]): Buffer[] {
  return [...bodies.flatMap((body, i) => [i === 0 ? OPEN : COMMA, body]), CLOSE];
}
