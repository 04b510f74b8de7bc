import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { developmentKeys, developmentKeysFile } from "../development-keys.js";
import { usesDataDir } from "../keys.js";
import { demandFile } from "../log-file.js";
import { type Examination, type Finding, findingsOf, reasonOf } from "./finding.js";

const folder = findingsOf((say) => say("Data directory"));
const disk = findingsOf((say) => say("Disk"));
const log = findingsOf((say) => say("Log file"));

const LEAST_FREE_BYTES = 1024 ** 3;

/** The nearest folder above a path that is there. */
function existing(path: string): string {
  const full = resolve(path);
  return existsSync(full) || dirname(full) === full ? full : existing(dirname(full));
}

/** @throws Error of the system where a path lies in no folder that may be written */
function demandFolder(path: string): void {
  const place = existing(path);
  if (!statSync(place).isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
  accessSync(place, constants.W_OK);
}

/** Looks at the data directory where it is used, at what is written beside it, and at the room for both. Makes nothing. */
export function checkFiles({ config, freeBytes }: Examination): Finding[] {
  const { DATA_DIR: dataDir, LOG_FILE: logFile } = config;
  return [
    ...(dataDir.startsWith("memory://") || !usesDataDir(config)
      ? []
      : [checkFolder(dataDir), checkDisk(dataDir, freeBytes)]),
    ...(logFile === undefined ? [] : [checkLog(logFile)]),
  ];
}

function checkFolder(path: string): Finding {
  const keys = developmentKeysFile(path);
  try {
    demandFolder(path);
    if (!existsSync(path)) return folder.ok((say) => say("{path} is made at the first start.", { path }));
    if (existsSync(keys)) developmentKeys(path);
  } catch (error) {
    const damaged = error instanceof SyntaxError || /damaged/.test((error as Error).message);
    if (damaged) {
      return folder.fault(
        (say) => say("{path} is damaged.", { path: keys }),
        (say) =>
          say(
            "Restore {path} from a copy: without its keys stored data stays sealed. Where nothing is stored yet, delete it.",
            { path: keys },
          ),
      );
    }
    const reason = reasonOf(error);
    return folder.fault(
      (say) => say("{path} cannot be used ({reason}).", { path, reason }),
      (say) => say("Make it a folder that this user may write, or set another DATA_DIR."),
    );
  }
  if (existsSync(keys) && (statSync(keys).mode & 0o077) !== 0) {
    return folder.warning(
      (say) => say("Other users of this machine may read the keys in {path}.", { path: keys }),
      (say) => say("Run: chmod 600 {path}", { path: keys }),
    );
  }
  return folder.ok((say) => say("{path} can be read and written.", { path }));
}

function checkDisk(path: string, freeBytes: Examination["freeBytes"]): Finding {
  const free = freeBytes(existing(path));
  if (free === null) return disk.skipped((say) => say("Its room cannot be told here."));
  const gib = (free / 1024 ** 3).toFixed(1);
  const found = { gib };
  if (free >= LEAST_FREE_BYTES) return disk.ok((say) => say("{gib} GiB are free.", found));
  return disk.warning(
    (say) => say("{gib} GiB are free.", found),
    (say) =>
      say("Make room on the disk of {path}, 1 GiB at least: a full disk stops the embedded database.", {
        path,
      }),
  );
}

function checkLog(path: string): Finding {
  try {
    demandFolder(dirname(resolve(path)));
    if (existsSync(path)) demandFile(path);
    return log.ok((say) => say("{path} can be written.", { path }));
  } catch (error) {
    const reason = reasonOf(error);
    return log.fault(
      (say) => say("{path} cannot be written ({reason}).", { path, reason }),
      (say) => say("Let this user write it and its folder, or set another LOG_FILE."),
    );
  }
}
