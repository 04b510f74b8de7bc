import type { Kind, Operation, OperationOf, Violation, ViolationKind } from "../operations.js";

const WRITES = new Set<Kind>(["create", "replace", "delete", "grant", "revoke"]);
/** Operations of an analysis that are shown beside a violation, at most. */
const MAX_SHOWN = 12;

/** Whether an operation may have taken effect at some time: only one that was refused surely has not. */
export const mayCount = ({ outcome }: Operation): boolean => outcome !== "fail";
export const isAcknowledged = ({ outcome }: Operation): boolean => outcome === "ok";
export const isWrite = ({ kind }: Operation): boolean => WRITES.has(kind);

/** Until when it may take effect: nobody knows of what ended unknown. */
export const effectUntil = (operation: Operation): number =>
  operation.outcome === "ok" ? operation.endedAt : Number.POSITIVE_INFINITY;

/** What was done to one analysis. */
export interface Timeline {
  analysis: string;
  /** Creates and replacements. */
  writes: (OperationOf<"create"> | OperationOf<"replace">)[];
  deletes: OperationOf<"delete">[];
  /** By user and permission. */
  permissions: Map<string, (OperationOf<"grant"> | OperationOf<"revoke">)[]>;
  runs: OperationOf<"run">[];
  all: Operation[];
}

/** Sorts a history by analysis, each in the order of invocation. */
export function timelinesOf(operations: readonly Operation[]): Map<string, Timeline> {
  const timelines = new Map<string, Timeline>();
  for (const operation of operations) {
    if (!operation.analysis) continue;
    const { analysis } = operation;
    const timeline: Timeline = timelines.get(analysis) ?? {
      analysis,
      writes: [],
      deletes: [],
      permissions: new Map(),
      runs: [],
      all: [],
    };
    timelines.set(analysis, timeline);
    timeline.all.push(operation);
    if (operation.kind === "create" || operation.kind === "replace") timeline.writes.push(operation);
    else if (operation.kind === "delete") timeline.deletes.push(operation);
    else if (operation.kind === "run") timeline.runs.push(operation);
    else if (operation.kind === "grant" || operation.kind === "revoke") {
      const key = permissionKey(operation.subject, operation.permission);
      timeline.permissions.set(key, [...(timeline.permissions.get(key) ?? []), operation]);
    }
  }
  return timelines;
}

export function permissionKey(user: string, permission: string): string {
  return `${user} ${permission}`;
}

/** A violation with what shows it, in order, each once. */
export function violation(
  kind: ViolationKind,
  what: string,
  ...operations: (Operation | undefined)[]
): Violation {
  const shown = [...new Set(operations)].filter((one): one is Operation => one !== undefined);
  shown.sort((a, b) => a.invokedAt - b.invokedAt);
  return { kind, what, operations: shown.slice(-MAX_SHOWN) };
}
