import type { FinalState, History, Kind, Operation, OperationOf, Outcome } from "./operations.js";

type Given<K extends Kind> = Partial<OperationOf<K>> & { at?: number; until?: number };

/** Histories made by hand: what is not said of an operation is ordinary. */
export class MadeHistory {
  readonly operations: Operation[] = [];
  faults: History["faults"] = [];
  limit = { calls: 2, windowMs: 1000 };
  leaseMs = 10_000;
  final: FinalState | undefined;
  #next = 1;

  add<K extends Kind>(kind: K, given: Given<K> = {}): OperationOf<K> {
    const id = this.#next++;
    const { at = id * 10, until = at + 5, ...fields } = given;
    const operation = {
      kind,
      id,
      client: "client",
      user: "owner",
      server: 0,
      analysis: "a",
      requestId: `request-${id}`,
      outcome: "ok" as Outcome,
      ...fields,
      invokedAt: at,
      endedAt: until,
    } as OperationOf<K>;
    this.operations.push(operation as Operation);
    return operation;
  }

  /** An analysis of the owner's, of version 1 and mark 1. */
  created(): this {
    this.add("create", { mark: 1, version: 1 });
    return this;
  }

  granted(subject = "reader"): this {
    this.add("grant", { subject, permission: "read" });
    return this;
  }

  get history(): History {
    const { operations, faults, limit, leaseMs, final } = this;
    operations.sort((a, b) => a.invokedAt - b.invokedAt);
    return { operations, faults, limit, leaseMs, ...(final ? { final } : {}) };
  }
}

/** What an answer shows that is as it should be. */
export function seen(mark: number, run = mark, analysis = "a") {
  return { analyses: [analysis], marks: [mark], runs: [run] };
}

/** What the database holds where everything that is acknowledged stands. */
export function finalOf(operations: readonly Operation[], version = 1): FinalState {
  const granted = operations.filter((one): one is OperationOf<"grant"> => one.kind === "grant");
  return {
    analyses: [{ analysis: "a", version }],
    permissions: granted.map(({ subject, permission }) => ({ analysis: "a", user: subject, permission })),
    audit: operations
      .filter(({ kind }) => ["create", "replace", "delete", "grant", "revoke"].includes(kind))
      .map(({ requestId, analysis, kind }) => ({ requestId, analysis, action: kind })),
    accepted: [],
  };
}
