import type { FinalState, Operation, Violation } from "../operations.js";
import { standsInTheEnd } from "./permissions.js";
import { isAcknowledged, isWrite, mayCount, type Timeline, violation } from "./timeline.js";

/** What the database holds of one analysis in the end, where that is not what was acknowledged. */
export function wrongInTheEnd(timeline: Timeline, final: FinalState): Violation[] {
  const { analysis, writes, deletes } = timeline;
  const stored = final.analyses.find((one) => one.analysis === analysis);
  const created = writes.find((one) => one.kind === "create" && isAcknowledged(one));
  const deletion = deletes.find(isAcknowledged);
  if (stored && deletion)
    return [violation("lost acknowledged write", `${analysis} is there, though deleted`, deletion)];
  if (!stored)
    return created && !deletes.some(mayCount)
      ? [violation("lost acknowledged write", `${analysis} is not there`, created)]
      : [];
  return [...wrongVersionInTheEnd(timeline, final, stored.version), ...wrongPermissions(timeline, final)];
}

function wrongVersionInTheEnd(
  { analysis, writes }: Timeline,
  { audit }: FinalState,
  version: number,
): Violation[] {
  const newest = writes
    .filter(isAcknowledged)
    .reduce<(Operation & { version: number }) | undefined>(
      (best, write) => (best && best.version >= write.version ? best : write),
      undefined,
    );
  if (newest && newest.version > version)
    return [
      violation(
        "lost acknowledged write",
        `${analysis} is of version ${version}, not ${newest.version}`,
        newest,
      ),
    ];
  const replacements = audit.filter((one) => one.analysis === analysis && one.action === "replace").length;
  if (version === 1 + replacements) return [];
  return [
    violation(
      "doubled effect",
      `${analysis} is of version ${version} after ${replacements} replacements in the audit log`,
      newest,
    ),
  ];
}

function wrongPermissions({ analysis, permissions }: Timeline, final: FinalState): Violation[] {
  const held = new Set(
    final.permissions
      .filter((one) => one.analysis === analysis)
      .map(({ user, permission }) => `${user} ${permission}`),
  );
  const found: Violation[] = [];
  for (const [key, changes] of permissions) {
    const expected = standsInTheEnd(changes);
    if (expected === undefined || expected === held.has(key)) continue;
    found.push(
      violation(
        "lost acknowledged write",
        `the permission "${key}" of ${analysis} ${expected ? "is gone" : "is still there"}`,
        ...changes.slice(-4),
      ),
    );
  }
  return found;
}

/** Changes that stand in the audit log more often, or less often, than they can have taken effect. */
export function wrongAudit(operations: readonly Operation[], { audit }: FinalState): Violation[] {
  const entries = new Map<string, number>();
  for (const { requestId } of audit) entries.set(requestId, (entries.get(requestId) ?? 0) + 1);
  const found: Violation[] = [];
  for (const operation of operations.filter(isWrite)) {
    const count = entries.get(operation.requestId) ?? 0;
    if (count > 1 || (count === 1 && !mayCount(operation)))
      found.push(
        violation(
          "doubled effect",
          `${operation.kind}: ${count} in the audit log, ${operation.outcome}`,
          operation,
        ),
      );
    else if (count === 0 && isAcknowledged(operation))
      found.push(
        violation("lost acknowledged write", `${operation.kind} is not in the audit log`, operation),
      );
  }
  return found;
}

/** States of data of which two computations were stored. */
export function wrongComputations({ accepted }: FinalState): Violation[] {
  return accepted
    .filter(({ computations }) => computations > 1)
    .map(({ analysis, computations }) =>
      violation("doubled effect", `${computations} computations of one state of ${analysis} were accepted`),
    );
}
