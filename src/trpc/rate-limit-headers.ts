import type { LimitDecision, RuleState } from "../domain/ports.js";

/**
 * The state of the caller's limits, as draft-ietf-httpapi-ratelimit-headers-10 writes it: `RateLimit-Policy` with
 * quota `q` in a window of `w` seconds, `RateLimit` with `r` calls left and the `t` seconds until that grows. The
 * draft is no standard yet, which is why its names stand here only.
 *
 * @param decisions of all calls of a request; of several on the same limit the tightest is told
 */
export function rateLimitHeaders(decisions: readonly LimitDecision[]): Record<string, string> {
  const states = decisions.length === 1 ? (decisions[0] as LimitDecision).rules : tightestOf(decisions);
  if (states.length === 0) return {};
  return {
    "ratelimit-policy": listOf(
      states,
      ({ name, limit, windowMs }) => `"${name}";q=${limit};w=${seconds(windowMs)}`,
    ),
    ratelimit: listOf(
      states,
      ({ name, remaining, resetMs }) => `"${name}";r=${remaining};t=${seconds(resetMs)}`,
    ),
  };
}

/** The state of each limit that leaves the least; in one order, whichever of the calls was counted first. */
function tightestOf(decisions: readonly LimitDecision[]): RuleState[] {
  const tightest = new Map<string, RuleState>();
  for (const state of decisions.flatMap(({ rules }) => rules)) {
    const known = tightest.get(state.name);
    const tighter =
      !known ||
      state.remaining < known.remaining ||
      (state.remaining === known.remaining && state.resetMs > known.resetMs);
    if (tighter) tightest.set(state.name, state);
  }
  return [...tightest.values()].sort((a, b) => a.windowMs - b.windowMs || (a.name < b.name ? -1 : 1));
}

/** Whole ones, upwards: whoever waits so long has waited long enough. */
function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

function listOf(states: readonly RuleState[], write: (state: RuleState) => string): string {
  return states.map(write).join(", ");
}
