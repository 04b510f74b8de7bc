import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { DestinationStream } from "pino";
import { createStream } from "rotating-file-stream";

export interface LogFileOptions {
  path: string;
  /** A file that grows beyond this is put aside as `PATH.1`, that one as `PATH.2`, and so on. */
  maxMegabytes: number;
  /** How many files are kept that were put aside. */
  keep: number;
  /** How long after a failure it is tried again, ms. */
  retryMs?: number;
}

export interface LogFile extends DestinationStream {
  /** Resolves once all lines are written. */
  close(): Promise<void>;
}

/** @throws Error of the system where what is there is no file that may be written */
export function demandFile(path: string): void {
  if (statSync(path).isDirectory()) throw Object.assign(new Error("not a file"), { code: "EISDIR" });
  accessSync(path, constants.W_OK);
}

/**
 * Opens a log file of this process's own: two processes would put aside each other's.
 *
 * @throws Error of the system where it or its folder cannot be written
 */
export function openLogFile({ path, maxMegabytes, keep, retryMs = 60_000 }: LogFileOptions): LogFile {
  const folder = dirname(resolve(path));
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.W_OK);
  if (existsSync(path)) demandFile(path);
  const open = () =>
    createStream(basename(path), { path: folder, size: `${maxMegabytes}M`, rotate: keep, mode: 0o600 });
  let stream: ReturnType<typeof open> | undefined;
  let again: NodeJS.Timeout | undefined;
  const start = () => {
    const started = open();
    stream = started;
    started.on("warning", () => {});
    // A full disk must not end the service: it goes on, says where its lines went, and tries again.
    started.on("error", (error) => {
      if (stream !== started) return;
      stream = undefined;
      process.stderr.write(
        `${path} cannot be written (${error.message}): log lines are lost for ${retryMs / 1000} s\n`,
      );
      again = setTimeout(start, retryMs).unref();
    });
  };
  start();
  return {
    write: (line) => void stream?.write(line),
    close: () =>
      new Promise((done) => {
        clearTimeout(again);
        if (stream) stream.end(done);
        else done();
      }),
  };
}
