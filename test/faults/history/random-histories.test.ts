import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.js";
import { seen } from "./made-history.js";
import type { History, Operation, ViolationKind } from "./operations.js";
import { faultlessHistory } from "./random-histories.js";

const LATE = 10_000;

/** The same with something added after all else, as a client sees it that asks then. */
function followedBy(history: History, ...added: Partial<Operation>[]): History {
  const late = added.map((one, i) => ({
    id: 1_000 + i,
    client: "late",
    user: "owner",
    server: 0,
    analysis: "a",
    requestId: `late-${i}`,
    outcome: "ok" as const,
    invokedAt: LATE + i * 100,
    endedAt: LATE + i * 100 + 50,
    ...one,
  }));
  return { ...history, operations: [...history.operations, ...(late as Operation[])] };
}

const kindsOf = (history: History): ViolationKind[] => checkHistory(history).map(({ kind }) => kind);

describe("random histories", () => {
  test("of a system that keeps every promise break none, whatever overlaps and whatever is lost", () => {
    fc.assert(
      fc.property(faultlessHistory, (history) => {
        expect(checkHistory(history)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("at whose end somebody reads after the last revoke is acknowledged are caught, unless a grant was lost", () => {
    let caught = 0;
    fc.assert(
      fc.property(faultlessHistory, (history) => {
        const revokes = ["read", "write"].map((permission) => ({
          kind: "revoke" as const,
          subject: "reader-0",
          permission: permission as "read" | "write",
        }));
        const mayStand = history.operations.some(
          (one) =>
            one.kind === "grant" &&
            one.analysis === "a" &&
            one.subject === "reader-0" &&
            one.outcome === "unknown",
        );
        const late = followedBy(history, ...revokes, {
          kind: "status",
          user: "reader-0",
          invokedAt: LATE + 500,
        });
        const found = kindsOf(late).filter((kind) => !/delete/.test(kind));
        if (!mayStand) caught++;
        expect(found.length > 0).toBe(!mayStand);
      }),
      { numRuns: 500 },
    );
    expect(caught).toBeGreaterThan(50);
  });

  test("at whose end somebody is shown what was replaced are caught", () => {
    fc.assert(
      fc.property(faultlessHistory, (history) => {
        const late = followedBy(
          history,
          { kind: "replace", mark: 5_000, version: 500 },
          { kind: "get", seen: seen(1), invokedAt: LATE + 500, endedAt: LATE + 550 },
        );
        expect(kindsOf(late)).toContain("stale comparison");
      }),
      { numRuns: 300 },
    );
  });
});
