import type { AnyTRPCProcedure } from "@trpc/server";
import { appRouter } from "./app-router.js";
import type { CallContext } from "./context.js";
import { answerDirectly } from "./direct-query.js";
import type { ProcedureRule, ProcedureType } from "./init.js";

/** At run time a flat list by path; its type is the tree that clients see. */
const procedures = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>;

/** What kind of procedure stands at a path, if any does. */
export function procedureType(path: string): ProcedureType | undefined {
  return Object.hasOwn(procedures, path) ? procedures[path]?._def.type : undefined;
}

export interface ProcedureCall {
  path: string;
  ctx: CallContext;
  /** Asked for where the procedure's own middleware looks at it, so not for those whom it refuses before. */
  readInput: () => Promise<unknown>;
  batchIndex?: number;
  /** Aborts when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined;
}

/**
 * Calls a procedure as tRPC's own HTTP handler does, through all of its middleware or, where it is asked for most,
 * through the steps of it.
 *
 * @throws TRPCError whose cause is the error that the caller may see
 */
export async function callProcedure(call: ProcedureCall): Promise<unknown> {
  const { path, ctx, readInput, batchIndex = 0, signal } = call;
  const found = procedures[path];
  const rule = found?._def.meta as ProcedureRule | undefined;
  let read: Promise<unknown> | undefined;
  const getRawInput = () => {
    read ??= readInput();
    return read;
  };
  if (rule?.direct && !ctx.streamed) return answerDirectly(path, ctx, rule, rule.direct, getRawInput);
  const procedure = found as unknown as (opts: object) => Promise<unknown>;
  return procedure({ path, getRawInput, ctx, type: procedureType(path), signal, batchIndex });
}
