import { TRPCError } from "@trpc/server";
import type { PermissionType } from "../contract/permissions.js";
import type { VerbContext } from "../domain/context.js";
import type { AuthorizedAnalysis } from "../domain/permission/authorize.js";
import type { CallRecord, RequestContext } from "./context.js";
import { toTrpcError } from "./errors.js";
import type { ProcedureRule } from "./init.js";
import { chargeLimits } from "./middleware/limits.js";
import { authorizeCall } from "./middleware/permission.js";
import { authenticate } from "./middleware/token.js";
import { watchCall } from "./middleware/watch-calls.js";

/** What a query on one analysis is given. */
export interface AnalysisCall extends VerbContext {
  analysis: AuthorizedAnalysis;
}

/** The parts of a query on one analysis that are its own. */
export interface DirectQuery {
  needs: PermissionType;
  /** @throws ZodError */
  parseInput(value: unknown): { id: string };
  answer(call: { ctx: AnalysisCall; input: { id: string } }): Promise<unknown>;
  parseOutput(value: unknown): unknown;
}

/**
 * Takes a query through the steps of tRPC's middleware, the same functions in the same order, one after the other:
 * the chain itself copies the context at each of them, which takes longer than all that they do.
 *
 * @param readInput reads once, however often it is asked
 * @throws TRPCError whose cause is the error that the caller may see
 */
export async function answerDirectly(
  path: string,
  ctx: RequestContext,
  rule: ProcedureRule,
  query: DirectQuery,
  readInput: () => Promise<unknown>,
): Promise<unknown> {
  const call: CallRecord = { user: undefined, analysisId: undefined };
  const ended = await watchCall(ctx, call, path, "query", async () => {
    try {
      return { ok: true, data: await takeSteps(path, ctx, call, rule, query, readInput) };
    } catch (error) {
      return { ok: false, error: toTrpcError(error) };
    }
  });
  if (!ended.ok) throw ended.error;
  return ended.data;
}

async function takeSteps(
  path: string,
  request: RequestContext,
  call: CallRecord,
  rule: ProcedureRule,
  query: DirectQuery,
  readInput: () => Promise<unknown>,
): Promise<unknown> {
  const actor = await authenticate(request, call, path, readInput);
  // What cannot be read is charged as well, and refused after that.
  const visit = await chargeLimits(request, actor, rule, call.analysisId);
  const input = parse(query, await readInput());
  const { services, requestId, language } = request;
  const verb: VerbContext = { services, actor, requestId, language, visit };
  const analysis = await authorizeCall(verb, call, input.id, query.needs);
  const ctx: AnalysisCall = { services, actor, requestId, language, visit, analysis };
  return query.parseOutput(await query.answer({ ctx, input }));
}

function parse({ parseInput }: DirectQuery, value: unknown): { id: string } {
  try {
    return parseInput(value);
  } catch (cause) {
    throw new TRPCError({ code: "BAD_REQUEST", cause });
  }
}
