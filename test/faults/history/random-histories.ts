import fc from "fast-check";
import { MadeHistory, seen } from "./made-history.js";
import type { Operation } from "./operations.js";

/** One thing that happens at a moment, to one of few analyses and readers. */
const happening = fc.record({
  kind: fc.constantFrom("replace", "delete", "grant", "revoke", "get", "look", "list"),
  analysis: fc.constantFrom("a", "b"),
  reader: fc.constantFrom("owner", "reader-0", "reader-1"),
  permission: fc.constantFrom("read" as const, "write" as const),
  /** How long before and after its moment the client waits: operations overlap. */
  before: fc.integer({ min: 1, max: 40 }),
  after: fc.integer({ min: 1, max: 40 }),
  /** Its client never learns how it ended. */
  isLost: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const STEP_MS = 10;

/** The state of a system that keeps every promise, as it is at one moment. */
class Truth {
  readonly versions = new Map<string, { version: number; mark: number }>();
  readonly permissions = new Set<string>();
  marks = 0;

  mayRead(user: string, analysis: string): boolean {
    if (!this.versions.has(analysis)) return false;
    return (
      user === "owner" || ["read", "write"].some((one) => this.permissions.has(`${analysis} ${user} ${one}`))
    );
  }
}

/** Histories of a system that keeps every promise: each operation takes effect at one moment within its span. */
export const faultlessHistory = fc.array(happening, { minLength: 1, maxLength: 60 }).map((happenings) => {
  const made = new MadeHistory();
  const truth = new Truth();
  for (const analysis of ["a", "b"]) {
    const mark = ++truth.marks;
    truth.versions.set(analysis, { version: 1, mark });
    made.add("create", { analysis, mark, version: 1, at: -200, until: -100 });
  }
  for (const [i, one] of happenings.entries()) happen(made, truth, one, i * STEP_MS);
  return made.history;
});

function happen(made: MadeHistory, truth: Truth, one: Happening, now: number): void {
  const { kind, analysis, reader, permission, before, after, isLost } = one;
  const span = { analysis, at: now - before, until: isLost ? Number.POSITIVE_INFINITY : now + after };
  const outcome = (isOk: boolean): Pick<Operation, "outcome"> => ({
    outcome: isLost ? "unknown" : isOk ? "ok" : "fail",
  });
  const held = truth.versions.get(analysis);
  const key = `${analysis} ${reader} ${permission}`;
  switch (kind) {
    case "replace": {
      const mark = ++truth.marks;
      const version = (held?.version ?? 0) + 1;
      if (held) truth.versions.set(analysis, { version, mark });
      made.add("replace", { ...span, mark, version, ...outcome(held !== undefined) });
      return;
    }
    case "delete":
      // Now and then only: else there is nothing left to read.
      if (before > 4) return;
      made.add("delete", { ...span, ...outcome(truth.versions.delete(analysis)) });
      return;
    case "grant":
      if (held) truth.permissions.add(key);
      made.add("grant", { ...span, subject: reader, permission, ...outcome(held !== undefined) });
      return;
    case "revoke":
      if (held) truth.permissions.delete(key);
      made.add("revoke", { ...span, subject: reader, permission, ...outcome(held !== undefined) });
      return;
    case "list": {
      const items = [...truth.versions]
        .filter(([id]) => truth.mayRead(reader, id))
        .map(([id, { version }]) => ({ analysis: id, version }));
      made.add("list", { ...span, analysis: "", user: reader, items, ...outcome(true) });
      return;
    }
    default: {
      const mayRead = held !== undefined && truth.mayRead(reader, analysis);
      const read = { ...span, user: reader, ...outcome(mayRead) };
      if (kind === "look") made.add("look", { ...read, ...(mayRead ? { version: held.version } : {}) });
      else made.add("get", { ...read, ...(mayRead ? { seen: seen(held.mark, held.mark, analysis) } : {}) });
    }
  }
}
