import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

/** Who holds a data directory. A pid alone is reused sooner or later; with its start time it is not. */
interface Holder {
  pid: number;
  startedAt: string;
  host: string;
  /** Where Linux numbers it. A container on the host's network has the host's name, and numbers of its own. */
  pidNamespace?: string | undefined;
}

/** How often a holder shows that it is there, and how long it may be silent to those who cannot see its process. */
const BEAT_MS = 2_000;
const SILENT_MS = 15_000;

export class DataDirLockedError extends Error {
  override readonly name = "DataDirLockedError";
}

/** When a process started, in the system's own words; undefined where there is no such process or no telling. */
function processStart(pid: number): string | undefined {
  try {
    // Fields after the command name, which may hold spaces and brackets; the 20th of them is the start time.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${bootId}:${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    try {
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
        encoding: "utf8",
        stdio: "pipe",
      }).trim();
    } catch {
      return undefined;
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ownPidNamespace(): string | undefined {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return undefined;
  }
}

function isSilent(path: string): boolean {
  const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
  return Date.now() - mtimeMs > SILENT_MS;
}

function provablyDead(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return false;
  if (holder.pidNamespace !== undefined && holder.pidNamespace !== ownPidNamespace()) return isSilent(path);
  if (!isRunning(holder.pid)) return true;
  const start = processStart(holder.pid);
  return start !== undefined && start !== holder.startedAt;
}

/** Who holds a lock; `gone` where there is none, undefined where it cannot be read. Looked at once: it may come and go. */
function readHolder(path: string): Holder | "gone" | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    const whole =
      Number.isInteger(value.pid) && typeof value.startedAt === "string" && typeof value.host === "string";
    return whole ? (value as Holder) : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "gone" : undefined;
  }
}

const isSame = (one: Holder, other: Holder): boolean =>
  one.pid === other.pid && one.startedAt === other.startedAt && one.pidNamespace === other.pidNamespace;

function tryCreate(path: string, self: Holder): boolean {
  // Linked into place whole: a process killed here leaves no lock without a name in it.
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(self), { flag: "wx" });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function acquire(path: string, self: Holder, dataDir: string): void {
  if (tryCreate(path, self)) return;
  const holder = readHolder(path);
  if (holder === "gone") {
    acquire(path, self, dataDir);
    return;
  }
  if (!holder) {
    throw new DataDirLockedError(
      `${path} cannot be read, so it is not known who uses ${dataDir}. ` +
        "If no other process does, delete that file and start again.",
    );
  }
  if (!provablyDead(holder, path)) {
    throw new DataDirLockedError(
      `${dataDir} is in use by process ${holder.pid} on ${holder.host}. The embedded database serves one process ` +
        "at a time: stop that process, set another DATA_DIR, or set DATABASE_URL to share a PostgreSQL. " +
        "Where it was a container's that died just now, start again in 15 seconds. " +
        `If that machine is gone for good, delete ${path}.`,
    );
  }
  // Whoever removes a dead lock must hold a lock on doing so, else two could each remove the other's new one.
  const takeover = `${path}.takeover`;
  acquire(takeover, self, dataDir);
  try {
    const still = readHolder(path);
    if (still && still !== "gone" && provablyDead(still, path)) unlinkSync(path);
    if (!tryCreate(path, self)) acquire(path, self, dataDir);
  } finally {
    unlinkSync(takeover);
  }
}

/** What a process does that was taken for dead, while it stood still: whatever it writes now spoils the data. */
function leaveAtOnce(dataDir: string): never {
  process.stderr.write(
    `${dataDir} was taken over by another process while this one stood still: it ends at once, so that no two write there.\n`,
  );
  process.exit(1);
}

/**
 * Takes a data directory for this process, making it where it is absent.
 *
 * A lock that was left behind is taken over only where its process is provably dead: on this machine, and
 * either gone or with another start time; or silent for 15 seconds, where it was a container's and cannot be seen.
 *
 * @param onTaken what to do once another process is seen to hold it
 * @returns a function that gives the directory back
 * @throws DataDirLockedError naming the process that holds it
 */
export function lockDataDir(dataDir: string, onTaken: (dataDir: string) => void = leaveAtOnce): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "lock");
  const self: Holder = {
    pid: process.pid,
    startedAt: processStart(process.pid) ?? "",
    host: hostname(),
    pidNamespace: ownPidNamespace(),
  };
  acquire(path, self, dataDir);
  const beat = setInterval(() => {
    const holder = readHolder(path);
    if (holder && holder !== "gone" && !isSame(holder, self)) {
      clearInterval(beat);
      onTaken(dataDir);
      return;
    }
    try {
      utimesSync(path, new Date(), new Date());
    } catch {
      // Somebody deleted it, or the disk is away: the next beat tries again.
    }
  }, BEAT_MS).unref();
  return () => {
    clearInterval(beat);
    const holder = readHolder(path);
    if (holder && holder !== "gone" && isSame(holder, self)) unlinkSync(path);
  };
}
