import { fill } from "../../contract/words.js";
import { PegError } from "../../domain/errors.js";
import type { RuleState, Visit } from "../../domain/ports.js";
import type { RequestContext, User } from "../context.js";
import { type ProcedureRule, t } from "../init.js";

function usedUp({ name, limit, windowMs, resetMs }: RuleState): PegError {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  const words = fill("The limit of {limit} calls in {seconds} s is used up. Try again in {wait} s.", {
    limit,
    seconds: windowMs / 1000,
    wait: seconds,
  });
  const details = [{ path: name, message: "is the limit that is used up" as const }];
  return new PegError("API_RATE_LIMIT_EXCEEDED", words, { retryAfter: seconds, details });
}

/**
 * Charges the limits of a call, in the one trip to the shared store that also reads what the call will need.
 *
 * @param id the analysis that the input names, where it can be told yet
 * @throws PegError API_RATE_LIMIT_EXCEEDED
 */
export async function chargeLimits(
  { services, limitDecisions }: RequestContext,
  { userId }: User,
  rule: ProcedureRule,
  id: string | undefined,
): Promise<Visit> {
  const { answers, limits, shared, tracing, changes, metrics } = services;
  const entry = rule.entry && id !== undefined && !answers.has(rule.entry, id) ? rule.entry : undefined;
  const rules = limits[rule.limit];
  const request = { userId, rules, analysisId: id, entry };
  const visit = await tracing.span("shared store", {}, () => shared.visit(request));
  // Who may have missed a change trusts nothing that was learned before, and asks Postgres.
  if (!changes.hearing()) visit.generation = null;
  limitDecisions.push(visit.limits);
  const { exhausted } = visit.limits;
  metrics.limitDecision(exhausted?.name ?? rules[0].name, exhausted ? "refused" : "allowed");
  if (exhausted) throw usedUp(exhausted);
  return visit;
}

/** Takes a call from the limits of its caller. A batch passes here once for each of its calls. */
export const takeLimits = t.middleware(async ({ next, ctx, meta }) => {
  const { actor, call } = ctx;
  if (!meta || actor.kind !== "user") throw new Error("limits need a rule, and a user to charge");
  // An input that cannot be read is charged as well, and refused where it is checked.
  return next({ ctx: { actor, visit: await chargeLimits(ctx, actor, meta, call.analysisId) } });
});
