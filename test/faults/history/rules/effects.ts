import type { Operation, Violation } from "../operations.js";
import { isAcknowledged, type Timeline, violation } from "./timeline.js";

/** That two clients were both told to have made the same version. */
export function doubledVersions({ analysis, writes, deletes }: Timeline): Violation[] {
  const byVersion = new Map<number, Operation>();
  const found: Violation[] = [];
  for (const write of writes.filter(isAcknowledged)) {
    const other = byVersion.get(write.version);
    if (other)
      found.push(
        violation(
          "lost acknowledged write",
          `two made version ${write.version} of ${analysis}`,
          other,
          ...deletes,
          write,
        ),
      );
    byVersion.set(write.version, write);
  }
  return found;
}

/** That readers of the same data were shown two computations of it: both were accepted. */
export function doubledResults({ analysis, all }: Timeline): Violation[] {
  const first = new Map<number, { run: number; read: Operation }>();
  const found: Violation[] = [];
  for (const read of all) {
    if (!("seen" in read) || !read.seen || !isAcknowledged(read)) continue;
    const { marks, runs } = read.seen;
    const [mark] = marks;
    const [run] = runs;
    if (mark === undefined || run === undefined || marks.length > 1 || runs.length > 1) continue;
    const before = first.get(mark);
    if (!before) first.set(mark, { run, read });
    else if (before.run !== run)
      found.push(
        violation(
          "doubled effect",
          `computations ${before.run} and ${run} of the same data of ${analysis} were both accepted`,
          before.read,
          read,
        ),
      );
  }
  return found;
}

/** That the same data was computed twice at the same time, though the first computation was neither cut nor slow. */
export function doubledRuns({ analysis, runs }: Timeline, leaseMs: number): Violation[] {
  const found: Violation[] = [];
  const running = new Map<number, (typeof runs)[number]>();
  for (const run of runs) {
    const before = running.get(run.mark);
    if (before && run.invokedAt < before.endedAt && run.invokedAt - before.invokedAt < leaseMs)
      found.push(
        violation("doubled effect", `the same data of ${analysis} was computed twice at once`, before, run),
      );
    running.set(run.mark, run);
  }
  return found;
}
