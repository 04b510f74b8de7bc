import { spawn } from "node:child_process";
import type { Socket } from "node:net";

const SCRIPT = `
while read -r _; do :; done
kill -s CONT -- "$1"; kill -s "$2" -- "$1"
if [ "$2" != KILL ]; then
  n=0; while kill -s 0 -- "$1" && [ "$n" -lt 30 ]; do sleep 0.1; n=$((n + 1)); done
  kill -s KILL -- "$1"
fi
if [ -n "$3" ]; then rm -rf -- "$3"; fi
`;

/** What a guard watches over. */
export interface Guarded {
  pid: number;
  /** How to end it: the name of a signal, without SIG. */
  signal: "KILL" | "QUIT";
  /** Ends every process of the group that `pid` leads. */
  group?: boolean;
  /** A folder to delete afterwards. */
  folder?: string;
}

/**
 * Ends a process, and deletes its folder, when this process is gone, however it went: ctrl-C and kill -9 too.
 *
 * @returns releases the guard, to be called before the process is ended in the regular way
 */
export function guard({ pid, signal, group = false, folder = "" }: Guarded): () => void {
  // The shell reads a pipe that only this process holds open; the system closes it when this process dies.
  const child = spawn("/bin/sh", ["-c", SCRIPT, "guard", `${group ? "-" : ""}${pid}`, signal, folder], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => undefined);
  child.unref();
  (child.stdin as Socket).unref();
  return () => child.kill("SIGKILL");
}
