import type { PegComparisonStatusOutput } from "../contract/comparison.js";
import { ERRORS, type ErrorBody } from "../contract/errors.js";
import { EncodedAnswer, tagOf } from "../domain/comparison/encoded-answer.js";
import { answerHeaders } from "./answer-headers.js";
import { callProcedure, type ProcedureCall } from "./call-procedure.js";
import { errorBodyOf, toPegError } from "./errors.js";

/** What a call came to, as plain JSON over HTTP takes it. */
export interface CallSuccess {
  ok: true;
  headers: Record<string, string>;
  /** The bare JSON, times as ISO 8601 text. */
  body: Uint8Array;
  /** Changes with what the answer says. */
  tag: string;
  /** Where the answer is the state of a task. */
  task: PegComparisonStatusOutput | undefined;
  /** Where the answer has one. */
  id: string | undefined;
  /** Where the body is that of an answer which other callers get as well. */
  encoded?: EncodedAnswer | undefined;
}

export interface CallRefusal {
  ok: false;
  headers: Record<string, string>;
  status: number;
  error: ErrorBody;
}

/** Calls a query or a mutation, and encodes what it answers. */
export async function answerCall(call: ProcedureCall): Promise<CallSuccess | CallRefusal> {
  try {
    const answer = await callProcedure(call);
    const headers = answerHeaders([], call.ctx);
    if (answer instanceof EncodedAnswer) {
      const { json, tag, task } = answer;
      return { ok: true, headers, body: json, tag, task, id: undefined, encoded: answer };
    }
    const body = Buffer.from(JSON.stringify(answer));
    const { task_id, id } = answer as { task_id?: string; id?: string };
    const task = task_id === undefined ? undefined : (answer as PegComparisonStatusOutput);
    return { ok: true, headers, body, tag: tagOf(body), task, id };
  } catch (error) {
    return refusalOf(call, error);
  }
}

/** An error as it leaves beside tRPC. */
export function refusalOf({ ctx }: Pick<ProcedureCall, "ctx">, error: unknown): CallRefusal {
  const known = toPegError(error);
  const body = errorBodyOf(known, ctx.requestId, ctx.services.clock.now(), ctx.language);
  const headers = { vary: "accept-language", ...answerHeaders([error], ctx) };
  return { ok: false, headers, status: ERRORS[known.code].http, error: body };
}
