import fc from "fast-check";
import { expect } from "vitest";
import type { LimitRule } from "../../src/domain/ports.js";

/** Two rules and the calls that are made under them; times are multiples of a unit. */
export function limitCases(unitMs: number) {
  const times = (min: number, max: number) => fc.integer({ min, max }).map((units) => units * unitMs);
  const rules = fc.tuple(fc.integer({ min: 1, max: 6 }), times(1, 300)).chain(([limit, windowMs]) =>
    fc.record({
      minor: fc.constant({ name: "minor", limit, windowMs }),
      major: fc.record({
        name: fc.constant("major"),
        limit: fc.integer({ min: 1, max: 12 }),
        windowMs: times(1, 900),
      }),
    }),
  );
  const calls = fc.array(fc.record({ pause: times(0, 120), both: fc.boolean() }), {
    minLength: 1,
    maxLength: 80,
  });
  return { rules, calls };
}

/** Calls that a sliding log admits, by going through all of them. */
class LimitModel {
  readonly #admitted: { at: number; name: string }[] = [];

  take(now: number, rules: readonly LimitRule[]): boolean {
    const fits = rules.every(
      ({ name, limit, windowMs }) =>
        this.#admitted.filter((call) => call.name === name && call.at > now - windowMs).length < limit,
    );
    if (fits) for (const { name } of rules) this.#admitted.push({ at: now, name });
    return fits;
  }
}

/** What is to be tried: limits that nobody has used yet. */
export interface UnusedLimits {
  take(rules: LimitRule[]): Promise<boolean>;
  /** So much time goes by. */
  pass(ms: number): Promise<void> | void;
}

/** Expects every verdict to be that of a model, and no window of any kind to hold more than the limit. */
export async function expectExactLimits(
  begin: () => Promise<UnusedLimits> | UnusedLimits,
  { unitMs, runs }: { unitMs: number; runs: number },
): Promise<void> {
  const { rules, calls } = limitCases(unitMs);
  await fc.assert(
    fc.asyncProperty(rules, calls, async ({ minor, major }, steps) => {
      const limits = await begin();
      const model = new LimitModel();
      const admitted: { at: number; asked: LimitRule[] }[] = [];
      const wrong: object[] = [];
      let now = 0;
      for (const [step, { pause, both }] of steps.entries()) {
        now += pause;
        await limits.pass(pause);
        const asked = both ? [minor, major] : [major];
        const allowed = await limits.take(asked);
        if (allowed !== model.take(now, asked)) wrong.push({ step, now });
        if (allowed) admitted.push({ at: now, asked });
      }
      for (const rule of [minor, major]) {
        const times = admitted.filter(({ asked }) => asked.includes(rule)).map(({ at }) => at);
        for (const from of times) {
          const held = times.filter((at) => at >= from && at < from + rule.windowMs).length;
          if (held > rule.limit) wrong.push({ rule, from, held });
        }
      }
      expect(wrong).toEqual([]);
    }),
    { numRuns: runs },
  );
}
