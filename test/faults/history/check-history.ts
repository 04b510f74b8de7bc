import type { History, OperationOf, Violation } from "./operations.js";
import { doubledResults, doubledRuns, doubledVersions } from "./rules/effects.js";
import { wrongAudit, wrongComputations, wrongInTheEnd } from "./rules/final-state.js";
import { wrongAnswer, wrongVersion } from "./rules/freshness.js";
import { exceededLimits } from "./rules/limits.js";
import { forbiddenRead, readOfDeleted } from "./rules/permissions.js";
import { isAcknowledged, type Timeline, timelinesOf } from "./rules/timeline.js";

type Write = OperationOf<"create"> | OperationOf<"replace">;

/**
 * Every promise that a history breaks (F1). Pure: the history is all that counts.
 *
 * What may be explained is: an operation took effect at one moment between its invocation and its end, one whose
 * outcome is unknown at any moment after its invocation or never.
 */
export function checkHistory(history: History): Violation[] {
  const { operations, leaseMs, final } = history;
  const timelines = timelinesOf(operations);
  const writes = new Map<number, Write>();
  for (const timeline of timelines.values())
    for (const write of timeline.writes) writes.set(write.mark, write);

  const found: Violation[] = [];
  for (const read of operations) {
    if (isAcknowledged(read)) found.push(...wrongRead(timelines, (mark) => writes.get(mark), read));
  }
  for (const timeline of timelines.values()) {
    found.push(...doubledVersions(timeline), ...doubledResults(timeline), ...doubledRuns(timeline, leaseMs));
    if (final) found.push(...wrongInTheEnd(timeline, final));
  }
  found.push(...exceededLimits(history));
  if (final) found.push(...wrongAudit(operations, final), ...wrongComputations(final));
  return found;
}

function wrongRead(
  timelines: Map<string, Timeline>,
  writeOf: (mark: number) => Write | undefined,
  read: History["operations"][number],
): Violation[] {
  const found: (Violation | undefined)[] = [];
  const timeline = timelines.get(read.analysis);
  switch (read.kind) {
    case "get":
    case "async":
    case "summary":
      found.push(forbiddenRead(timeline, read, read.analysis), readOfDeleted(timeline, read));
      if (timeline && read.seen) found.push(wrongAnswer(timeline, writeOf, read, read.seen));
      break;
    case "look":
      found.push(forbiddenRead(timeline, read, read.analysis), readOfDeleted(timeline, read));
      if (timeline && read.version !== undefined) found.push(wrongVersion(timeline, read, read.version));
      break;
    case "status":
      found.push(forbiddenRead(timeline, read, read.analysis), readOfDeleted(timeline, read));
      break;
    case "list":
      for (const { analysis, version } of read.items ?? []) {
        const listed = timelines.get(analysis);
        found.push(forbiddenRead(listed, read, analysis), readOfDeleted(listed, read));
        if (listed) found.push(wrongVersion(listed, read, version));
      }
      break;
    default:
      break;
  }
  return found.filter((one): one is Violation => one !== undefined);
}
