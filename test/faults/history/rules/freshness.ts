import type { Operation, OperationOf, Seen, Violation } from "../operations.js";
import { isAcknowledged, mayCount, type Timeline, violation } from "./timeline.js";

type Write = OperationOf<"create"> | OperationOf<"replace">;

/** The newest data that was acknowledged before a read began. */
function newestBefore({ writes }: Timeline, read: Operation): Write | undefined {
  let newest: Write | undefined;
  for (const write of writes) {
    if (!isAcknowledged(write) || write.endedAt >= read.invokedAt) continue;
    if (!newest || write.version > newest.version) newest = write;
  }
  return newest;
}

/** That an answer is not of one piece, of other data than was asked for, or of older data than was acknowledged. */
export function wrongAnswer(
  timeline: Timeline,
  writeOf: (mark: number) => Write | undefined,
  read: Operation,
  seen: Seen,
): Violation | undefined {
  const { analysis } = timeline;
  const foreign = seen.analyses.find((one) => one !== analysis);
  if (foreign !== undefined)
    return violation("foreign byte", `an answer of ${analysis} shows ${foreign}`, read);
  const [mark = Number.NaN, ...otherMarks] = seen.marks;
  if (otherMarks.length || seen.runs.length > 1)
    return violation("foreign byte", `an answer of ${analysis} is not of one piece`, read);
  const shown = writeOf(mark);
  if (!shown || shown.analysis !== analysis || !mayCount(shown) || shown.invokedAt > read.endedAt)
    return violation("foreign byte", `${analysis} never had the data of mark ${mark}`, shown, read);
  const newest = newestBefore(timeline, read);
  if (!newest || shown.version > newest.version || shown === newest) return undefined;
  return shown.version === newest.version
    ? violation("lost acknowledged write", `of version ${newest.version} of ${analysis}`, shown, newest, read)
    : violation(
        "stale comparison",
        `of version ${shown.version} of ${analysis}, ${Math.round(read.invokedAt - newest.endedAt)} ms after ${newest.version}`,
        shown,
        newest,
        read,
      );
}

/** That a description tells of an older version than was acknowledged, or of one that nobody has made. */
export function wrongVersion(timeline: Timeline, read: Operation, version: number): Violation | undefined {
  const { analysis, writes } = timeline;
  const newest = newestBefore(timeline, read);
  if (newest && version < newest.version)
    return violation(
      "lost acknowledged write",
      `${analysis} is told to be of version ${version}`,
      newest,
      read,
    );
  const possible = writes.some(
    (write) => write.version === version && mayCount(write) && write.invokedAt <= read.endedAt,
  );
  if (possible) return undefined;
  return violation("doubled effect", `nobody made version ${version} of ${analysis}`, writes.at(-1), read);
}
