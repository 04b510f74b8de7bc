import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DataDirLockedError, lockDataDir } from "../../src/db/data-dir-lock.js";
import { openDatabase } from "../../src/db/open.js";
import { startProcess, type TestProcess } from "../support/process.js";

const HOLDER = fileURLToPath(new URL("./hold-data-dir.ts", import.meta.url));

let dataDir: string;
let lock: string;
let children: TestProcess[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "peg-test-lock-"));
  lock = join(dataDir, "lock");
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill("SIGKILL").catch(() => undefined)));
  rmSync(dataDir, { recursive: true, force: true });
});

function startHolder(startFile?: string): TestProcess {
  const args = ["--import", "tsx", HOLDER, dataDir, ...(startFile ? [startFile] : [])];
  const child = startProcess({ command: process.execPath, args });
  children.push(child);
  return child;
}

/** A pid that was a process of this machine and is none now. */
const deadPid = () => spawnSync(process.execPath, ["--version"]).pid;
const writeLock = (holder: object) => writeFileSync(lock, JSON.stringify(holder));
const refusal = (): string => {
  try {
    lockDataDir(dataDir)();
  } catch (error) {
    if (error instanceof DataDirLockedError) return error.message;
    throw error;
  }
  throw new Error("the data directory was given");
};

describe("trap 12, P2: a data directory in use", () => {
  test("is refused to another process, which learns the pid of the first and what to do", async () => {
    const release = lockDataDir(dataDir);
    const second = startHolder();
    const [line] = await second.waitForLine(/^(?:locked|refused .*)$/);
    expect(line).toContain("refused DataDirLockedError");
    expect(line).toContain(`is in use by process ${process.pid} on ${hostname()}`);
    expect(line).toContain("set another DATA_DIR, or set DATABASE_URL");
    release();
    const third = startHolder();
    await third.waitForLine(/^locked$/);
    expect(refusal()).toContain(`process ${third.pid} `);
  });

  test("is refused to the same process as well", () => {
    const release = lockDataDir(dataDir);
    expect(refusal()).toContain(`process ${process.pid} `);
    release();
    lockDataDir(dataDir)();
  });

  test("is given back whole: nothing is left behind", () => {
    const release = lockDataDir(dataDir);
    expect(readdirSync(dataDir)).toEqual(["lock"]);
    release();
    expect(readdirSync(dataDir)).toEqual([]);
    release();
  });

  test("shows that its holder is there, again and again", () => {
    vi.useFakeTimers();
    try {
      const release = lockDataDir(dataDir);
      for (let beats = 0; beats < 2; beats++) {
        utimesSync(lock, 1, 1);
        vi.advanceTimersByTime(2_000);
        expect(Math.abs(statSync(lock).mtimeMs - Date.now())).toBeLessThan(60_000);
      }
      release();
      vi.advanceTimersByTime(2_000);
      expect(existsSync(lock)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("that another process took over, while its holder stood still, is left alone from then on", () => {
    vi.useFakeTimers();
    try {
      const taken: string[] = [];
      const release = lockDataDir(dataDir, (folder) => void taken.push(folder));
      vi.advanceTimersByTime(10_000);
      expect(taken).toEqual([]);
      const own = JSON.parse(readFileSync(lock, "utf8")) as object;
      writeLock({ ...own, pidNamespace: "pid:[1]" });
      utimesSync(lock, 1, 1);
      vi.advanceTimersByTime(10_000);
      expect(taken).toEqual([dataDir]);
      expect(statSync(lock).mtimeMs).toBe(1_000);
      release();
      expect(existsSync(lock)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("ends the process from which another one took it over", async () => {
    const holder = startHolder();
    await holder.waitForLine(/locked/);
    const own = JSON.parse(readFileSync(lock, "utf8")) as object;
    writeLock({ ...own, startedAt: "another" });
    expect(await holder.waitForExit()).toEqual({ code: 1, signal: null });
    expect(holder.stderr).toContain(`${dataDir} was taken over by another process`);
    expect(existsSync(lock)).toBe(true);
  });

  test("is not given back by one who does not hold it any more", () => {
    const release = lockDataDir(dataDir);
    const other = { pid: 1, startedAt: "some other time", host: hostname() };
    writeLock(other);
    release();
    expect(JSON.parse(readFileSync(lock, "utf8"))).toEqual(other);
  });

  test("is made where it is absent, for its owner alone", () => {
    dataDir = join(dataDir, "a", "b");
    const release = lockDataDir(dataDir);
    expect(existsSync(dataDir)).toBe(true);
    release();
  });
});

describe("P3: a lock that was left behind", () => {
  test("is taken over after kill -9 of its holder", async () => {
    const holder = startHolder();
    await holder.waitForLine(/^locked$/);
    expect(refusal()).toContain(`process ${holder.pid} `);
    await holder.kill("SIGKILL");
    expect(existsSync(lock)).toBe(true);
    const release = lockDataDir(dataDir);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(readdirSync(dataDir)).toEqual(["lock"]);
    release();
  });

  test("is taken over where its process is gone", () => {
    writeLock({ pid: deadPid(), startedAt: "then", host: hostname() });
    lockDataDir(dataDir)();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test("is taken over where its pid is another process by now", () => {
    writeLock({ pid: process.pid, startedAt: "before this process was started", host: hostname() });
    lockDataDir(dataDir)();
  });

  test("is refused where it is of another machine, of which nothing can be proved", () => {
    writeLock({ pid: deadPid(), startedAt: "then", host: "another-machine" });
    expect(refusal()).toContain("on another-machine");
    expect(refusal()).toContain(`If that machine is gone for good, delete ${lock}`);
  });

  test("is refused where its process cannot be seen from here, until it is silent for 15 seconds", () => {
    const elsewhere = { pid: deadPid(), startedAt: "then", host: hostname(), pidNamespace: "pid:[1]" };
    writeLock(elsewhere);
    const secondsAgo = (s: number) => utimesSync(lock, Date.now() / 1000 - s, Date.now() / 1000 - s);
    secondsAgo(10);
    expect(refusal()).toContain("start again in 15 seconds");
    expect(JSON.parse(readFileSync(lock, "utf8"))).toEqual(elsewhere);
    secondsAgo(16);
    lockDataDir(dataDir)();
  });

  test("is taken over also where the one who took it over died in the middle of that", () => {
    writeLock({ pid: deadPid(), startedAt: "then", host: hostname() });
    writeFileSync(
      `${lock}.takeover`,
      JSON.stringify({ pid: deadPid(), startedAt: "then", host: hostname() }),
    );
    const release = lockDataDir(dataDir);
    expect(readdirSync(dataDir)).toEqual(["lock"]);
    release();
  });

  test.each(["", "{", "null", "[]", "12345", '{"pid":"1","startedAt":"","host":""}', '{"pid":1}', "\u0000"])(
    "is refused where it holds %j, with advice, and left as it is",
    (text) => {
      writeFileSync(lock, text);
      expect(refusal()).toContain(`${lock} cannot be read`);
      expect(refusal()).toContain("delete that file and start again");
      expect(readFileSync(lock, "utf8")).toBe(text);
    },
  );

  test("goes to exactly one of twenty processes that find it at once", async () => {
    writeLock({ pid: deadPid(), startedAt: "then", host: hostname() });
    const startFile = join(dataDir, "start");
    const racers = Array.from({ length: 20 }, () => startHolder(startFile));
    await Promise.all(racers.map((racer) => racer.waitForLine(/^ready$/, 30_000)));
    writeFileSync(startFile, "");
    const outcomes = await Promise.all(
      racers.map((racer) => racer.waitForLine(/^(?:locked|refused .*)$/, 30_000)),
    );
    const winners = racers.filter((_, i) => outcomes[i]?.[0] === "locked");
    expect(winners).toHaveLength(1);
    for (const [line] of outcomes)
      expect(line).toMatch(/^locked$|^refused DataDirLockedError: .* is in use by process \d+ /);
    expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: winners[0]?.pid });
    expect(readdirSync(dataDir).sort()).toEqual(["lock", "start"]);
  }, 60_000);

  test("a process that ends as it should leaves none", async () => {
    const holder = startHolder();
    await holder.waitForLine(/^locked$/);
    expect(await holder.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(readdirSync(dataDir)).toEqual([]);
  });
});

// Seconds to make one, on a busy machine.
describe("the embedded database", { timeout: 60_000 }, () => {
  test("holds its directory while it is open, and keeps what it was given", async () => {
    const first = await openDatabase({ dataDir });
    await first.db.execute("create table kept as select 7 as number");
    await expect(openDatabase({ dataDir })).rejects.toThrow(`in use by process ${process.pid} `);
    await first.close();
    const second = await openDatabase({ dataDir });
    expect(await second.db.execute("select number from kept")).toMatchObject({ rows: [{ number: 7 }] });
    await second.close();
    expect(existsSync(lock)).toBe(false);
  });

  test("is made anew where its making was cut short", async () => {
    const cut = join(dataDir, "pglite");
    mkdirSync(cut, { recursive: true });
    writeFileSync(join(cut, "PG_VERSION"), "17");
    writeFileSync(join(dataDir, "pglite.unfinished"), "");
    const database = await openDatabase({ dataDir });
    await database.ping();
    await database.close();
    expect(readdirSync(dataDir)).toEqual(["pglite"]);
  });

  test("gives its directory back where it cannot be opened", async () => {
    writeFileSync(join(dataDir, "pglite"), "a file in the place of a directory");
    await expect(openDatabase({ dataDir })).rejects.toThrow();
    expect(existsSync(lock)).toBe(false);
  });

  test("P7: says so where its log was cut off, and leaves what is there as it is", async () => {
    await (await openDatabase({ dataDir })).close();
    const wal = join(dataDir, "pglite", "pg_wal");
    const [segment = ""] = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name));
    truncateSync(join(wal, segment), 1000);
    const filesOf = () =>
      readdirSync(dataDir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== "postmaster.pid")
        .map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name)).toString("base64")]);
    const before = filesOf();
    await expect(openDatabase({ dataDir })).rejects.toThrow(
      /^The embedded database in .* does not open \(its files are damaged\)\. .* restore a backup/,
    );
    expect(filesOf()).toEqual(before);
  });

  /** A disk of its own in the place of the directory; undefined where only others may have one. */
  function mountDisk(options: string): (() => void) | undefined {
    const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", dataDir]);
    // Lazily: an engine that gave up holds its files open.
    return status === 0 ? () => void spawnSync("umount", ["--lazy", dataDir]) : undefined;
  }
  const NO_MOUNT = "only root may mount a disk";

  test("P7, F10: says so where the disk is full, and opens once there is room", async ({ skip }) => {
    const unmount = mountDisk("size=8m");
    if (!unmount) return skip(NO_MOUNT);
    try {
      await expect(openDatabase({ dataDir })).rejects.toThrow(/does not open \(ENOSPC\)/);
      spawnSync("mount", ["-o", "remount,size=200m", dataDir]);
      const database = await openDatabase({ dataDir });
      await database.ping();
      await database.close();
    } finally {
      unmount();
    }
  });

  test("P7: says so where the disk cannot be written", async ({ skip }) => {
    const unmount = mountDisk("ro");
    if (!unmount) return skip(NO_MOUNT);
    try {
      await expect(openDatabase({ dataDir })).rejects.toThrow(/does not open \(EROFS\)/);
    } finally {
      unmount();
    }
  });

  test("in memory locks nothing", async () => {
    const database = await openDatabase({ dataDir: "memory://" });
    await database.ping();
    await database.close();
    expect(existsSync("memory:")).toBe(false);
  });
});
