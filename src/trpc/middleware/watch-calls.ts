import { ERRORS } from "../../contract/errors.js";
import { ownWords } from "../../contract/translate.js";
import { EncodedAnswer } from "../../domain/comparison/encoded-answer.js";
import type { PegError } from "../../domain/errors.js";
import type { Tracing } from "../../domain/tracing.js";
import type { CallContext, CallRecord } from "../context.js";
import { toPegError } from "../errors.js";
import { t } from "../init.js";

/** Counts and logs how each call ended. Causes of errors stand here and nowhere else. */
export const watchCalls = t.middleware(async ({ next, ctx, path, type }) => {
  const start = performance.now();
  if (ctx.tally) ctx.tally.calls++;
  const call: CallRecord = { user: undefined, analysisId: undefined };
  const { tracing } = ctx.services;
  const work = () => next({ ctx: { call } });
  const result = await (tracing.on ? traced(tracing, path, work) : work());
  const seconds = (performance.now() - start) / 1000;
  const error = result.ok ? undefined : toPegError(result.error);
  if (ctx.tally) {
    const status = error ? ERRORS[error.code].http : 200;
    ctx.services.metrics.request(type === "mutation" ? "POST" : "GET", path, status, seconds);
  }
  const about = { ...fieldsOf(ctx, call), procedure: path, response_time: rounded(seconds) };
  if (error) logError(ctx, about, error);
  else {
    const cached = result.ok && result.data instanceof EncodedAnswer && result.data.cached;
    ctx.services.logger.info({ event: "peg_comparison_response", ...about, cached }, "answered");
  }
  return result;
});

/** Runs a call in a span: a call that fails tells so, and does not throw. */
function traced<T extends { ok: boolean; error?: unknown }>(
  tracing: Tracing,
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  return tracing.span(`call ${path}`, {}, async (span) => {
    const ended = await work();
    if (!ended.ok) span.fail(toPegError(ended.error).code);
    return ended;
  });
}

/** Logs that a call begins, and by whom: once its token has told. */
export function logRequest(ctx: CallContext, procedure: string, userId: string): void {
  const { services, call, requestSize } = ctx;
  call.user = services.nameForLog(userId);
  services.logger.info(
    { event: "peg_comparison_request", ...fieldsOf(ctx, call), procedure, request_size: requestSize },
    "asked",
  );
}

function fieldsOf({ requestId }: Pick<CallContext, "requestId">, { user, analysisId }: CallRecord) {
  return { request_id: requestId, user_id: user, analysis_id: analysisId };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function logError({ services }: CallContext, about: object, error: PegError): void {
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
