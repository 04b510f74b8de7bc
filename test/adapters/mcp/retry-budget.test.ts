import { expect, test } from "vitest";
import { createRetryBudget } from "../../../src/adapters/mcp/retry-budget.js";

const RETRIES = 3;
const SECONDS = 60;

/** So many calls a second, each of which fails as often as it may be tried. @returns attempts for each call */
function loadOf(callsASecond: number): number {
  let now = 0;
  const budget = createRetryBudget({}, () => now);
  const calls = callsASecond * SECONDS;
  let attempts = 0;
  for (let call = 0; call < calls; call++) {
    budget.deposit();
    attempts++;
    for (let retry = 0; retry < RETRIES && budget.withdraw(); retry++) attempts++;
    now += 1_000 / callsASecond;
  }
  return attempts / calls;
}

test.each([100, 300, 1_000])(
  "U8: where %i calls a second all fail, the service is asked at most 1.1 times as often",
  (callsASecond) => {
    // What was saved up before is spent once.
    expect(loadOf(callsASecond)).toBeLessThanOrEqual(1.1 + 20 / (callsASecond * SECONDS) + 1e-9);
    expect(loadOf(callsASecond)).toBeGreaterThan(1.05);
  },
);

test("a call a second may be tried as often as is set", () => {
  expect(loadOf(1)).toBe(1 + RETRIES);
});

test("a clock that is set back gives no retries, nor takes any", () => {
  let now = 1_000_000;
  const budget = createRetryBudget({}, () => now);
  for (let i = 0; i < 20; i++) expect(budget.withdraw()).toBe(true);
  now -= 500_000;
  expect(budget.withdraw()).toBe(false);
  now += 1_000;
  expect([1, 2, 3, 4].map(() => budget.withdraw())).toEqual([true, true, true, false]);
});
