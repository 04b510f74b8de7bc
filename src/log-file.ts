import { accessSync, constants, mkdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { DestinationStream } from "pino";
import { createStream } from "rotating-file-stream";

export interface LogFileOptions {
  path: string;
  /** A file that grows beyond this is put aside as `PATH.1`, that one as `PATH.2`, and so on. */
  maxMegabytes: number;
  /** How many files are kept that were put aside. */
  keep: number;
}

export interface LogFile extends DestinationStream {
  /** Resolves once all lines are written. */
  close(): Promise<void>;
}

/**
 * Opens a log file of this process's own: two processes would put aside each other's.
 *
 * @throws Error of the system where its folder cannot be written
 */
export function openLogFile({ path, maxMegabytes, keep }: LogFileOptions): LogFile {
  const folder = dirname(resolve(path));
  mkdirSync(folder, { recursive: true });
  accessSync(folder, constants.W_OK);
  const stream = createStream(basename(path), {
    path: folder,
    size: `${maxMegabytes}M`,
    rotate: keep,
    mode: 0o600,
  });
  let failed = false;
  // A full disk must not end the service: it goes on, and says once where its lines went.
  stream.on("error", (error) => {
    if (!failed) process.stderr.write(`${path} cannot be written (${error.message}): log lines are lost\n`);
    failed = true;
  });
  stream.on("warning", () => {});
  return {
    write: (line) => void (failed || stream.write(line)),
    close: () =>
      new Promise((done) => {
        if (failed) done();
        else stream.end(done);
      }),
  };
}
