import { setTimeout as sleep } from "node:timers/promises";
import { tokenFor } from "../../support/backend.js";
import { checkHistory } from "./check-history.js";
import { Clients } from "./clients.js";
import { FallbackWatch } from "./fallbacks.js";
import type { Pace } from "./marked-service.js";
import { type NemesisOptions, runNemesis } from "./nemesis.js";
import type { FinalState, Limit, Violation } from "./operations.js";
import type { Workload } from "./plan.js";
import { readFinalState } from "./read-final-state.js";
import { Recorder } from "./recorder.js";
import { isAcknowledged, mayCount, timelinesOf, violation } from "./rules/timeline.js";
import { startWorld, type World } from "./world.js";

export interface HistoryOptions {
  seed: number;
  seconds: number;
  /** Ends sooner once so many processes were killed. */
  kills?: number;
  servers: number;
  embedded?: boolean;
  workload: Workload;
  pace: Pace;
  faults: Pick<NemesisOptions, "weights" | "lastsMs" | "calmMs">;
  limit: Limit;
  leaseMs: number;
  copy?: string | undefined;
  /** Looks all the time, and ends with the first violation. */
  untilViolation?: boolean;
}

/** What came of a history. */
export interface HistoryReport {
  seed: number;
  seconds: number;
  /** By kind and outcome. */
  operations: Record<string, Record<string, number>>;
  /** By kind, and how often refused or failed with which code. */
  errors: Record<string, number>;
  faults: Record<string, number>;
  /** Lines of the servers' logs, of answers that were faults of their own. */
  ownFaults: string[];
  violations: Violation[];
}

const LOOK_EVERY_MS = 500;
/** A task whose process was killed begins anew in less. */
const ANSWER_WITHIN_MS = 90_000;
/** Tokens of a time that no shifted clock calls the future. */
const ISSUED_MS_AGO = 600_000;
const TOKEN_LIFE_S = 6 * 3600;

/** Runs clients and faults for a while, then everything whole, and checks what happened. */
export async function runHistory(options: HistoryOptions): Promise<HistoryReport> {
  const { seed, seconds, kills, workload, faults, untilViolation } = options;
  const recorder = new Recorder(options.limit, options.leaseMs);
  const world = await startWorld({ ...options, recorder });
  const tokens = await readTokens(Clients.usersOf(workload));
  const urls = world.servers.map(({ process }) => process.url);
  const tokenOf = (user: string): string => tokens.get(user) ?? "";
  const isRunning = (server: number): boolean => world.servers[server]?.process.isRunning === true;
  const clients = new Clients({ seed, workload, recorder, urls, isRunning, tokenOf });
  const watches = world.servers.map((server) => new FallbackWatch(server, recorder.faults));
  const began = performance.now();
  let violations: Violation[] = [];
  try {
    const stop = new AbortController();
    const running = Promise.all([
      clients.run(stop.signal),
      runNemesis({ ...faults, seed, world, recorder }, stop.signal),
      ...watches.map((watch) => watch.run(stop.signal)),
    ]);
    running.catch(() => stop.abort());
    while (performance.now() - began < seconds * 1000 && !stop.signal.aborted) {
      const left = seconds * 1000 - (performance.now() - began);
      await sleep(Math.min(LOOK_EVERY_MS, left), undefined, { signal: stop.signal }).catch(() => undefined);
      if (kills !== undefined && killsOf(recorder) >= kills) break;
      if (!untilViolation) continue;
      const untold = watches.map((watch) => watch.untold());
      violations = checkHistory({ ...recorder, faults: [...recorder.faults, ...untold] });
      if (violations.length) break;
    }
    const ran = (performance.now() - began) / 1000;
    stop.abort();
    await running;
    if (!violations.length) violations = await endHistory(world, clients, recorder, watches);
    const ownFaults = world.servers.flatMap(({ process }) => process.faults);
    return { seed, seconds: Math.round(ran * 10) / 10, ...countsOf(recorder), ownFaults, violations };
  } finally {
    await clients.close();
    await world.stop();
  }
}

async function endHistory(
  { servers, database }: World,
  clients: Clients,
  recorder: Recorder,
  watches: readonly FallbackWatch[],
): Promise<Violation[]> {
  await Promise.all(watches.map((watch) => watch.ask()));
  const ended = servers.flatMap(({ name, process }) =>
    process.ends.map((end) => violation("a process ended by itself", `${name}: ${end}`)),
  );
  if (ended.length) return ended;
  const unread = await readEverything(clients, recorder, servers.length);
  // What is not in the database now is lost; and an embedded one is one process's.
  await Promise.all(servers.map(({ process }) => process.kill()));
  const final: FinalState = await readFinalState(database);
  return [...unread, ...checkHistory({ ...recorder, final })];
}

/** Everything that is acknowledged can be read in the end, at every server. */
async function readEverything(clients: Clients, recorder: Recorder, servers: number): Promise<Violation[]> {
  const found: Violation[] = [];
  const there = [...timelinesOf(recorder.operations).values()].flatMap(({ writes, deletes }) => {
    const created = writes.find((one) => one.kind === "create" && isAcknowledged(one));
    return created && !deletes.some(mayCount) ? [created] : [];
  });
  const until = performance.now() + ANSWER_WITHIN_MS;
  const readAt = async (created: (typeof there)[number], server: number): Promise<void> => {
    for (;;) {
      const results = await clients.readAsOwner(created.analysis, created.user, server);
      const last = recorder.operations.findLast(({ analysis }) => analysis === created.analysis);
      const failed = results.find(({ outcome }) => outcome !== "ok");
      const isWhole = results.some(
        ({ body }) => (body as { status?: string } | undefined)?.status === "COMPLETED",
      );
      if (!failed && isWhole) return;
      if (performance.now() > until) {
        const why = failed?.error ?? "not computed";
        found.push(
          violation("lost acknowledged write", `${created.analysis} is not read: ${why}`, created, last),
        );
        return;
      }
      await sleep(250);
    }
  };
  await Promise.all(
    there.flatMap((created) => Array.from({ length: servers }, (_, server) => readAt(created, server))),
  );
  return found;
}

const killsOf = ({ faults }: Recorder): number => faults.filter(({ kind }) => kind === "kill").length;

async function readTokens(users: readonly string[]): Promise<Map<string, string>> {
  const issued = { now: Date.now() - ISSUED_MS_AGO, expiresInSeconds: TOKEN_LIFE_S };
  const made = users.map(async (user) => [user, await tokenFor(user, issued)] as const);
  return new Map(await Promise.all(made));
}

function countsOf({ operations, faults }: Recorder): Pick<HistoryReport, "operations" | "errors" | "faults"> {
  const counts: Pick<HistoryReport, "operations" | "errors" | "faults"> = {
    operations: {},
    errors: {},
    faults: {},
  };
  for (const { kind, outcome, error } of operations) {
    const ofKind = counts.operations[kind] ?? {};
    counts.operations[kind] = ofKind;
    ofKind[outcome] = (ofKind[outcome] ?? 0) + 1;
    if (error) counts.errors[error] = (counts.errors[error] ?? 0) + 1;
  }
  for (const { kind } of faults) counts.faults[kind] = (counts.faults[kind] ?? 0) + 1;
  return counts;
}

/** The report for people: how to repeat it first, then what is broken, each with its operations. */
export function describeReport(report: HistoryReport): string {
  const { seed, seconds, operations, errors, faults, ownFaults, violations } = report;
  const total = Object.values(operations).reduce(
    (sum, outcomes) => sum + Object.values(outcomes).reduce((a, b) => a + b, 0),
    0,
  );
  const lines = [
    `HISTORY_SEED=${seed} HISTORY_SECONDS=${Math.ceil(seconds)}: ${total} operations, ${violations.length} violations`,
    `operations ${JSON.stringify(operations)}`,
    `errors ${JSON.stringify(errors)}`,
    `faults ${JSON.stringify(faults)}`,
  ];
  lines.push(...ownFaults.slice(0, 5));
  for (const { kind, what, operations: shown } of violations.slice(0, 5)) {
    lines.push(`VIOLATION ${kind}: ${what}`);
    for (const { client: _, requestId: __, invokedAt, endedAt, ...operation } of shown) {
      lines.push(`  ${invokedAt.toFixed(1)} to ${endedAt.toFixed(1)} ${JSON.stringify(operation)}`);
    }
  }
  return lines.join("\n");
}
