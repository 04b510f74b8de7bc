import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";
/** Short, so that a process that used up its part waits for milliseconds only. */
const PERIOD_US = 50_000;

/** A process that gets no more than a part of a core. */
export interface CoreShare {
  /** To be called once the process has ended. */
  remove(): void;
}

/**
 * Bounds a process, all of its threads, to a part of one core.
 *
 * @returns undefined where the system has no control groups, or does not let us make one
 */
export function limitToShare(pid: number, share: number): CoreShare | undefined {
  const quota = Math.round(PERIOD_US * share);
  const [parent, settings] = existsSync(join(ROOT, "cgroup.controllers"))
    ? [ROOT, [["cpu.max", `${quota} ${PERIOD_US}`]]]
    : [join(ROOT, "cpu"), [["cpu.cfs_period_us", `${PERIOD_US}`], ["cpu.cfs_quota_us", `${quota}`]]]; // biome-ignore format: a pair each
  const group = join(parent as string, `peg-bench-${pid}`);
  const remove = (): void => {
    try {
      rmdirSync(group);
    } catch {
      // It was not made, or somebody lives in it still; an empty one costs nothing.
    }
  };
  try {
    mkdirSync(group);
    for (const [name = "", value = ""] of settings as string[][]) writeFileSync(join(group, name), value);
    writeFileSync(join(group, "cgroup.procs"), `${pid}`);
    return { remove };
  } catch {
    remove();
    return undefined;
  }
}
