import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.js";
import { finalOf, MadeHistory, seen } from "./made-history.js";

const start = () => new MadeHistory().created();

/** The kinds of what a history breaks. */
const broken = (made: MadeHistory) => checkHistory(made.history).map(({ kind }) => kind);

describe("the checker, of a read", () => {
  const revokedAt30 = () => {
    const made = start().granted();
    made.add("revoke", { subject: "reader", permission: "read", at: 30, until: 40 });
    return made;
  };

  test("after an acknowledged revoke finds it, and shows the revoke", () => {
    const made = revokedAt30();
    const revoke = made.operations.at(-1);
    const read = made.add("get", { user: "reader", at: 41, seen: seen(1) });
    const [violation, ...others] = checkHistory(made.history);
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ kind: "read after an acknowledged revoke" });
    expect(violation?.operations).toEqual(expect.arrayContaining([revoke, read]));
  });

  test.each(["async", "summary", "look", "status"] as const)("of kind %s finds it as well", (kind) => {
    const made = revokedAt30();
    made.add(kind, { user: "reader", at: 41 });
    expect(broken(made)).toEqual(["read after an acknowledged revoke"]);
  });

  test("that began before the acknowledgement, or was refused, allows it", () => {
    const made = revokedAt30();
    made.add("get", { user: "reader", at: 39, until: 60, seen: seen(1) });
    made.add("get", { user: "reader", at: 41, outcome: "fail", error: "PERMISSION_DENIED" });
    made.add("get", { user: "reader", at: 41, outcome: "unknown" });
    expect(broken(made)).toEqual([]);
  });

  test("after a revoke of unknown outcome allows it", () => {
    const made = start().granted();
    made.add("revoke", { subject: "reader", permission: "read", outcome: "unknown" });
    made.add("get", { user: "reader", at: 90, seen: seen(1) });
    expect(broken(made)).toEqual([]);
  });

  test.each([
    ["acknowledged since", { at: 50, until: 60 }],
    ["in flight beside the revoke", { at: 29, until: 60 }],
    ["begun before the revoke and never answered", { at: 10, outcome: "unknown" as const }],
  ])("after a grant %s allows it", (_, grant) => {
    const made = revokedAt30();
    made.add("grant", { subject: "reader", permission: "read", ...grant });
    made.add("get", { user: "reader", at: 70, seen: seen(1) });
    expect(broken(made)).toEqual([]);
  });

  test("after a grant that was refused, or begun after the read, finds it", () => {
    const made = revokedAt30();
    made.add("grant", { subject: "reader", permission: "read", at: 45, until: 50, outcome: "fail" });
    made.add("get", { user: "reader", at: 60, until: 65, seen: seen(1) });
    made.add("grant", { subject: "reader", permission: "read", at: 66, until: 70 });
    expect(broken(made)).toEqual(["read after an acknowledged revoke"]);
  });

  test("on the strength of another permission allows it, until that is revoked too", () => {
    const made = revokedAt30();
    made.add("grant", { subject: "reader", permission: "write", at: 42, until: 44 });
    made.add("get", { user: "reader", at: 50, seen: seen(1) });
    expect(broken(made)).toEqual([]);
    made.add("revoke", { subject: "reader", permission: "write", at: 60, until: 64 });
    made.add("get", { user: "reader", at: 70, seen: seen(1) });
    expect(broken(made)).toEqual(["read after an acknowledged revoke"]);
  });

  test("by somebody who was never granted anything finds a foreign byte, also in a list", () => {
    const made = start();
    made.add("get", { user: "stranger", seen: seen(1) });
    made.add("list", { user: "stranger", analysis: "", items: [{ analysis: "a", version: 1 }] });
    expect(broken(made)).toEqual(["foreign byte", "foreign byte"]);
  });

  test("of a deleted analysis finds it", () => {
    const made = start();
    made.add("delete");
    made.add("get", { seen: seen(1) });
    expect(broken(made)).toEqual(["read after an acknowledged delete"]);
  });
});

describe("the checker, of an answer", () => {
  const replaced = (outcome: "ok" | "unknown" | "fail" = "ok") => {
    const made = start();
    made.add("replace", { mark: 2, version: 2, at: 20, until: 30, outcome });
    return made;
  };

  test("of older data than was acknowledged finds it", () => {
    const made = replaced();
    made.add("summary", { at: 31, seen: seen(1) });
    expect(broken(made)).toEqual(["stale comparison"]);
  });

  test("of either data while a replacement is under way, or unknown, allows it", () => {
    for (const made of [replaced(), replaced("unknown")]) {
      made.add("get", { at: 25, until: 90, seen: seen(1) });
      made.add("get", { at: 25, until: 90, seen: seen(2) });
      expect(broken(made)).toEqual([]);
    }
  });

  test("of data that was refused, that nobody has sent, or that is sent later finds it", () => {
    const made = replaced("fail");
    made.add("get", { at: 40, seen: seen(2) });
    made.add("get", { at: 40, seen: seen(3) });
    expect(broken(made)).toEqual(["foreign byte", "foreign byte"]);
    const early = replaced();
    early.add("get", { at: 12, until: 19, seen: seen(2) });
    expect(broken(early)).toEqual(["foreign byte"]);
  });

  test("of two pieces, or of another analysis, finds it", () => {
    const made = replaced();
    made.add("get", { at: 25, until: 90, seen: { analyses: ["a"], marks: [1, 2], runs: [1] } });
    made.add("get", { at: 25, until: 90, seen: { analyses: ["a", "b"], marks: [1], runs: [1] } });
    made.add("create", { analysis: "b", mark: 9, version: 1, at: 1 });
    made.add("get", { at: 31, seen: seen(9) });
    expect(broken(made)).toEqual(["foreign byte", "foreign byte", "foreign byte"]);
  });

  test("that tells of an older version, or of one that nobody made, finds it", () => {
    const made = replaced();
    made.add("look", { at: 40, version: 1 });
    made.add("look", { at: 40, version: 3 });
    expect(broken(made)).toEqual(["lost acknowledged write", "doubled effect"]);
  });

  test("of two computations of the same data finds it", () => {
    const made = start();
    made.add("get", { seen: seen(1, 7) });
    made.add("get", { seen: seen(1, 7) });
    expect(broken(made)).toEqual([]);
    made.add("summary", { seen: seen(1, 8) });
    expect(broken(made)).toEqual(["doubled effect"]);
  });
});

describe("the checker, of effects", () => {
  test("finds two who were both told to have made a version", () => {
    const made = start();
    made.add("replace", { mark: 2, version: 2 });
    made.add("replace", { mark: 3, version: 2 });
    expect(broken(made)).toEqual(["lost acknowledged write"]);
  });

  test("finds two computations of the same data at once, but not one after the other", () => {
    const made = start();
    made.add("run", { mark: 1, run: 1, at: 20, until: 40, outcome: "unknown" });
    made.add("run", { mark: 1, run: 2, at: 41, until: 60 });
    made.add("run", { mark: 2, run: 3, at: 45, until: 60 });
    expect(broken(made)).toEqual([]);
    made.add("run", { mark: 1, run: 4, at: 59, until: 70 });
    expect(broken(made)).toEqual(["doubled effect"]);
  });

  test("allows a second computation once the first may have lost its lease", () => {
    const made = start();
    made.add("run", { mark: 1, run: 1, at: 20, until: Number.POSITIVE_INFINITY, outcome: "unknown" });
    made.add("run", { mark: 1, run: 2, at: 15_500, until: 15_600 });
    expect(broken(made)).toEqual([]);
  });
});

describe("the checker, of limits", () => {
  const calls = (...times: number[]) => {
    const made = start();
    for (const at of times) made.add("status", { at, until: at + 2 });
    return made;
  };

  test("finds one call too many in a window, and counts refused calls out", () => {
    expect(broken(calls(100, 600, 1050))).toEqual(["limit exceeded"]);
    expect(broken(calls(100, 600, 1105))).toEqual([]);
    const refused = calls(100, 600);
    refused.add("status", { at: 700, outcome: "fail", error: "API_RATE_LIMIT_EXCEEDED" });
    expect(broken(refused)).toEqual([]);
    refused.add("status", { at: 800, outcome: "fail", error: "PERMISSION_DENIED" });
    expect(broken(refused)).toEqual(["limit exceeded"]);
  });

  test("allows calls that may have counted outside the window", () => {
    const made = calls(100, 600);
    made.add("status", { at: 900, until: 1200 });
    expect(broken(made)).toEqual([]);
  });

  test("leaves out windows in which counts were lost", () => {
    const made = calls(100, 600, 1050);
    for (const kind of ["redis-flush", "counts-forgotten"]) {
      made.faults = [{ kind, target: "redis", startedAt: 700, endedAt: 700.5 }];
      expect(broken(made)).toEqual([]);
    }
    made.faults = [{ kind: "kill", target: "server", startedAt: 700, endedAt: 700.5 }];
    expect(broken(made)).toEqual(["limit exceeded"]);
  });
});

describe("the checker, of what there is in the end", () => {
  const ended = () => {
    const made = start().granted();
    made.final = finalOf(made.operations);
    return { made, final: made.final };
  };

  test("is content where it is as acknowledged", () => {
    expect(broken(ended().made)).toEqual([]);
  });

  test("finds an analysis that is gone, unless it may be deleted", () => {
    const { made, final } = ended();
    final.analyses = [];
    expect(broken(made)).toEqual(["lost acknowledged write"]);
    made.add("delete", { outcome: "unknown" });
    expect(broken(made)).toEqual([]);
  });

  test("finds one that is there after its deletion", () => {
    const { made, final } = ended();
    const { requestId, analysis } = made.add("delete");
    final.audit.push({ requestId, analysis, action: "delete" });
    expect(broken(made)).toEqual(["lost acknowledged write"]);
  });

  test("finds a replacement that is lost or took effect twice", () => {
    const { made, final } = ended();
    const { requestId, analysis } = made.add("replace", { mark: 2, version: 2 });
    final.audit.push({ requestId, analysis, action: "replace" });
    expect(broken(made)).toEqual(["lost acknowledged write"]);
    final.analyses = [{ analysis: "a", version: 3 }];
    expect(broken(made)).toEqual(["doubled effect"]);
    final.analyses = [{ analysis: "a", version: 2 }];
    expect(broken(made)).toEqual([]);
  });

  test("finds a permission that is lost or came back", () => {
    const { made, final } = ended();
    const held = final.permissions;
    final.permissions = [];
    expect(broken(made)).toEqual(["lost acknowledged write"]);
    const { requestId, analysis } = made.add("revoke", { subject: "reader", permission: "read" });
    final.audit.push({ requestId, analysis, action: "revoke" });
    expect(broken(made)).toEqual([]);
    final.permissions = held;
    expect(broken(made)).toEqual(["lost acknowledged write"]);
  });

  test("finds changes that stand in the audit log twice, never, or though refused", () => {
    const { made, final } = ended();
    const [first, ...others] = final.audit;
    final.audit = others;
    expect(broken(made)).toEqual(["lost acknowledged write"]);
    final.audit = first ? [first, first, ...others] : [];
    expect(broken(made)).toEqual(["doubled effect"]);
    const refused = made.add("revoke", { subject: "reader", permission: "read", outcome: "fail" });
    final.audit = [...(first ? [first] : []), ...others, { ...refused, action: "revoke" }];
    expect(broken(made)).toEqual(["doubled effect"]);
  });

  test("finds two computations that were accepted", () => {
    const { made, final } = ended();
    final.accepted = [{ analysis: "a", revision: "r", computations: 2 }];
    expect(broken(made)).toEqual(["doubled effect"]);
  });
});
