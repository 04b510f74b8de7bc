import { ERRORS } from "../../contract/errors.js";
import { ownWords } from "../../contract/translate.js";
import { EncodedAnswer } from "../../domain/comparison/encoded-answer.js";
import type { VerbContext } from "../../domain/context.js";
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
  const response_time = Math.round(seconds * 1e6) / 1e6;
  if (error) {
    logError(ctx, call, { procedure: path, response_time }, error, "failed");
    return result;
  }
  // Written out here and below: to copy fields into it would take as long as to log the line.
  const fields = {
    event: "peg_comparison_response",
    request_id: ctx.requestId,
    user_id: call.user,
    analysis_id: call.analysisId,
    procedure: path,
    response_time,
    cached: result.data instanceof EncodedAnswer && result.data.cached,
  };
  logger.info(fields, "answered");
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
  const { services, requestId, requestSize } = ctx;
  call.user = services.nameForLog(userId);
  const fields = {
    event: "peg_comparison_request",
    request_id: requestId,
    user_id: call.user,
    analysis_id: call.analysisId,
    procedure,
    request_size: requestSize,
  };
  services.logger.info(fields, "asked");
}

/** Logs what a call ended with, or the stream that it opened. */
export function logError(
  { services, requestId }: Pick<VerbContext, "services" | "requestId">,
  { user, analysisId }: CallRecord,
  about: { procedure: string; response_time?: number },
  error: PegError,
  message: string,
): void {
  const level = ERRORS[error.code].log;
  const fields = {
    event: "peg_comparison_error",
    request_id: requestId,
    user_id: user,
    analysis_id: analysisId,
    ...about,
    error_type: error.code,
    error_message: ownWords(error.words),
    // A caller's own mistakes need no cause in the log, and the cause may quote what was sent.
    ...(level === "info" ? {} : { err: error.cause }),
  };
  services.logger[level](fields, message);
}
