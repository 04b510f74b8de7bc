import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findOnPath } from "../test/support/programs.js";

export const HELP = `npm run bench -- [options]

  --rounds N       rounds in turn (5)
  --seconds S      seconds per server and size in a round (2.5)
  --connections N  of the load (32)
  --minutes M      of the soak (60)
  --log-level L    LOG_LEVEL of our server (info, its default)
  --server FILE    the entry of our server (dist/bundle/server.js), for instance that of another build
  --only A,B       only these parts, of NAMES
  --json           print the result as JSON
`;

/** What a run is to do. */
export interface Options {
  rounds: number;
  seconds: number;
  connections: number;
  minutes: number;
  logLevel: string;
  server: string;
  /** The parts to measure; none: all of them. */
  only: string[];
  json: boolean;
  help: boolean;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} ${text}: must be a number above 0`);
  return value;
}

/** @throws Error for an option that is not known or does not fit */
export function readOptions(args: string[], parts: readonly string[] = []): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2.5" },
      connections: { type: "string", default: "32" },
      minutes: { type: "string", default: "60" },
      "log-level": { type: "string", default: "info" },
      server: {
        type: "string",
        default: fileURLToPath(new URL("../dist/bundle/server.js", import.meta.url)),
      },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const only = values.only.split(",").filter(Boolean);
  const unknown = only.filter((name) => !parts.includes(name));
  if (unknown.length > 0)
    throw new Error(
      `--only ${values.only}: no such part as ${unknown.join()}; there are ${parts.join(", ")}`,
    );
  return {
    rounds: Math.ceil(positive("rounds", values.rounds)),
    seconds: positive("seconds", values.seconds),
    connections: Math.ceil(positive("connections", values.connections)),
    minutes: positive("minutes", values.minutes),
    logLevel: values["log-level"],
    server: values.server,
    only,
    json: values.json,
    help: values.help,
  };
}

/** Which core runs the server under test, and which all else. */
export interface Cores {
  server: number | undefined;
  load: number | undefined;
  note: string;
}

/** One core for the server and one for the load and Redis, where the system can tell processes where to run. */
export function findCores(): Cores {
  const shared = { server: undefined, load: undefined };
  if (!findOnPath("taskset"))
    return { ...shared, note: "Cores: not pinned (no taskset); ratios are rougher" };
  if (availableParallelism() < 2)
    return { ...shared, note: "Cores: only one; server and load share it, and ratios are rougher" };
  return { server: 0, load: 1, note: "Cores: server on 0, load and Redis on 1" };
}
