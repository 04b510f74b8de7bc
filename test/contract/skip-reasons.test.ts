import { expect, test } from "vitest";
import { tellSkipReason } from "../../src/contract/skip-reasons.js";
import { comparePeg } from "../../src/mcp-server/method/compare-peg.js";
import type { Peg } from "../../src/mcp-server/method/pegs.js";

const period = (values: number[], dropped = 0) => ({ values, dropped, cell: "cell" });
/** Why a PEG with these samples is not compared. */
function reasonOf(n1: object, n: object, absent?: string): string {
  const peg = { name: "PEG", weight: 1, n1, n, absent } as unknown as Peg;
  const result = comparePeg(peg, "keep", "2026-01-01T00:00:00Z");
  if (!("reason" in result)) throw new Error("it is compared");
  return result.reason;
}

test("each reason of the bundled service is told in Korean as well", () => {
  const reasons = [
    reasonOf(period([]), period([1])),
    reasonOf(period([1]), period([])),
    reasonOf(period([]), period([])),
    reasonOf(period([], 1), period([1])),
    reasonOf(period([1]), period([], 1)),
    reasonOf(period([]), period([], 1)),
    reasonOf(period([]), period([]), "RACH_Attempt"),
    reasonOf(period([Number.MIN_VALUE, 1]), period([Number.MAX_VALUE, Number.MAX_VALUE])),
  ];
  expect(new Set(reasons).size).toBe(reasons.length);
  for (const reason of reasons) {
    expect(tellSkipReason(reason, "ko")).toMatch(/\p{Script=Hangul}/u);
    expect(tellSkipReason(reason, "en")).toBe(reason);
  }
  expect(tellSkipReason(reasons[6] as string, "ko")).toContain("RACH_Attempt");
});

test("what another service says stays as it is", () => {
  expect(tellSkipReason("a sensor was away", "ko")).toBe("a sensor was away");
});
