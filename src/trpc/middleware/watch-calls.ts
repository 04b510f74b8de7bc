import { ERRORS } from "../../contract/errors.js";
import { ownWords } from "../../contract/translate.js";
import { EncodedAnswer } from "../../domain/comparison/encoded-answer.js";
import type { PegError } from "../../domain/errors.js";
import type { Tracing } from "../../domain/tracing.js";
import type { CallRecord, RequestContext } from "../context.js";
import { toPegError } from "../errors.js";
import { type ProcedureType, t } from "../init.js";

/** How a call ended. */
interface Ended {
  ok: boolean;
  data?: unknown;
  error?: unknown;
}

/** Counts and logs how a call ends. Causes of errors stand here and nowhere else. @param work does not throw */
export async function watchCall<T extends Ended>(
  ctx: RequestContext,
  call: CallRecord,
  path: string,
  type: ProcedureType,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const { tally, services } = ctx;
  if (tally) tally.calls++;
  const { tracing, metrics, logger } = services;
  const result = await (tracing.on ? traced(tracing, path, work) : work());
  const seconds = (performance.now() - start) / 1000;
  const error = result.ok ? undefined : toPegError(result.error);
  if (tally) {
    const status = error ? ERRORS[error.code].http : 200;
    metrics.request(type === "mutation" ? "POST" : "GET", path, status, seconds);
  }
  const fields = { ...fieldsOf(ctx, call), procedure: path, response_time: rounded(seconds) };
  if (error) logError(ctx, fields, error);
  else {
    const cached = result.data instanceof EncodedAnswer && result.data.cached;
    logger.info({ event: "peg_comparison_response", ...fields, cached }, "answered");
  }
  return result;
}

/** Watches every call. */
export const watchCalls = t.middleware(({ next, ctx, path, type }) => {
  const call: CallRecord = { user: undefined, analysisId: undefined };
  return watchCall(ctx, call, path, type, () => next({ ctx: { call } }));
});

/** Runs a call in a span: a call that fails tells so, and does not throw. */
function traced<T extends Ended>(tracing: Tracing, path: string, work: () => Promise<T>): Promise<T> {
  return tracing.span(`call ${path}`, {}, async (span) => {
    const ended = await work();
    if (!ended.ok) span.fail(toPegError(ended.error).code);
    return ended;
  });
}

/** Logs that a call begins, and by whom: once its token has told. */
export function logRequest(ctx: RequestContext, call: CallRecord, procedure: string, userId: string): void {
  const { services, requestSize } = ctx;
  call.user = services.nameForLog(userId);
  services.logger.info(
    { event: "peg_comparison_request", ...fieldsOf(ctx, call), procedure, request_size: requestSize },
    "asked",
  );
}

function fieldsOf({ requestId }: Pick<RequestContext, "requestId">, { user, analysisId }: CallRecord) {
  return { request_id: requestId, user_id: user, analysis_id: analysisId };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function logError({ services }: RequestContext, about: object, error: PegError): void {
  const level = ERRORS[error.code].log;
  const fields = {
    event: "peg_comparison_error",
    ...about,
    error_type: error.code,
    error_message: ownWords(error.words),
    // A caller's own mistakes need no cause in the log, and the cause may quote what was sent.
    ...(level === "info" ? {} : { err: error.cause }),
  };
  services.logger[level](fields, "failed");
}
