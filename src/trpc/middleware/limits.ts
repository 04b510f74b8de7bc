import { analysisId } from "../../contract/analysis.js";
import { fill } from "../../contract/words.js";
import { PegError } from "../../domain/errors.js";
import { t } from "../init.js";

/** The id in an input that is not checked yet, if it has the form of one. */
function peekId(input: unknown): string | undefined {
  const id = typeof input === "object" && input !== null ? (input as { id?: unknown }).id : undefined;
  const parsed = analysisId.safeParse(id);
  return parsed.success ? parsed.data : undefined;
}

/**
 * Charges the limits of the call, in the one trip to the shared store that also reads what the call will need.
 * A batch passes here once for each of its calls.
 */
export const takeLimits = t.middleware(async ({ next, ctx, type, meta, getRawInput }) => {
  const { services, actor, limitDecisions } = ctx;
  if (!meta || actor.kind !== "user") throw new Error("limits need a rule, and a user to charge");
  // Only of a query: the body of a mutation may be large, and is not read for those over their limit.
  // An input that cannot be read is charged as well, and refused where it is checked.
  const id = type === "query" ? peekId(await getRawInput().catch(() => undefined)) : undefined;
  const entry =
    meta.entry && id !== undefined && !services.answers.has(meta.entry, id) ? meta.entry : undefined;
  const rules = services.limits[meta.limit];
  const visit = await services.tracing.span("shared store", {}, () =>
    services.shared.visit({ userId: actor.userId, rules, analysisId: id, entry }),
  );
  // Who may have missed a change trusts nothing that was learned before, and asks Postgres.
  if (!services.changes.hearing()) visit.generation = null;
  limitDecisions.push(visit.limits);
  const { exhausted } = visit.limits;
  services.metrics.limitDecision(exhausted?.name ?? rules[0].name, exhausted ? "refused" : "allowed");
  if (exhausted) {
    const seconds = Math.max(1, Math.ceil(exhausted.resetMs / 1000));
    throw new PegError(
      "API_RATE_LIMIT_EXCEEDED",
      fill("The limit of {limit} calls in {seconds} s is used up. Try again in {wait} s.", {
        limit: exhausted.limit,
        seconds: exhausted.windowMs / 1000,
        wait: seconds,
      }),
      { retryAfter: seconds, details: [{ path: exhausted.name, message: "is the limit that is used up" }] },
    );
  }
  return next({ ctx: { actor, visit } });
});
