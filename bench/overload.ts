import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startOurs } from "./contenders.js";
import { startLoad } from "./load/load.js";
import { findCores } from "./options.js";
import { type ArrivalOrder, SLICE_MS, type Slice } from "./overload/arrivals.js";
import { RUN_TYPESCRIPT, startChild } from "./processes.js";
import { callTarget, rawRequest } from "./requests.js";
import { seedCases } from "./seed.js";
import { openPostgres, openRedis } from "./stores.js";
import { signTokens } from "./tokens.js";
import { Closers } from "./world.js";

// Overload: the server at three times what it can do, then at half of it. Run: npx tsx bench/overload.ts
const HELP = `npx tsx bench/overload.ts [options]

  --seconds S    of overload (20)
  --factor F     arrivals, as a multiple of the peak (3)
  --connections  of the overload, at most (1000)
  --call NAME    get, big (a get of 500 PEGs), series, list (get)
  --server FILE  the entry of our server (dist/server.js)
`;
/** An answer that comes later helps nobody. */
const USEFUL_MS = 1000;
const WANTED = { goodput: 0.8, refusalMs: 50, recoveryMs: 10_000 };

const closers = new Closers();
const progress = (text: string): void => console.error(`> ${text}`);
const quantile = (values: number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "20" },
      factor: { type: "string", default: "3" },
      connections: { type: "string", default: "1000" },
      call: { type: "string", default: "get" },
      server: { type: "string", default: fileURLToPath(new URL("../dist/server.js", import.meta.url)) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const cores = findCores();
  progress(cores.note);
  const folder = await mkdtemp(join(tmpdir(), "peg-overload-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const redis = await openRedis(cores.load);
  closers.add(redis.stop);
  const postgres = await openPostgres();
  closers.add(postgres.stop);
  const jwtSecret = randomBytes(32).toString("base64url");
  const tokens = await signTokens(jwtSecret, 32);
  const ours = await startOurs({
    server: values.server,
    core: cores.server,
    folder,
    jwtSecret,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    logLevel: "info",
  });
  closers.add(ours.stop);
  const { port } = ours;
  const [small, big] = await seedCases(port, tokens[0] as string, folder);
  if (!small || !big) throw new Error("no analyses");
  const rest = `/api/analysis/results/${small.id}`;
  const targets: Record<string, string> = {
    get: callTarget(small.id),
    big: callTarget(big.id),
    series: `${rest}/series?peg_name=Peg_Counter_000`,
    list: "/api/analysis/results",
  };
  const target = targets[values.call];
  if (target === undefined)
    throw new Error(`--call ${values.call}: one of ${Object.keys(targets).join(", ")}`);
  const requests = tokens.map((token) => rawRequest(target, port, token));

  const load = startLoad(cores.load);
  closers.add(load.stop);
  await load.run({ port, requests, seconds: 2 });
  const { answers, seconds } = await load.run({ port, requests, seconds: 5 });
  const peak = answers / seconds;
  await load.stop();

  const file = fileURLToPath(new URL("./overload/arrivals.ts", import.meta.url));
  const arrivals = startChild({ args: [...RUN_TYPESCRIPT, file], env: {}, core: cores.load, ipc: true });
  closers.add(() => arrivals.stop());
  const send = async (order: Omit<ArrivalOrder, "port" | "requests" | "connections">): Promise<Slice[]> => {
    arrivals.process.send({ port, requests, connections: Number(values.connections), ...order });
    const [{ slices, problem }] = (await once(arrivals.process, "message")) as [
      { slices: Slice[]; problem?: string },
    ];
    if (problem !== undefined) throw new Error(problem);
    return slices;
  };
  progress(`peak ${peak.toFixed(0)} a second; overload`);
  const over = await send({ rate: Number(values.factor) * peak, seconds: Number(values.seconds) });
  progress("afterwards");
  const after = await send({ rate: peak / 2, seconds: 12 });
  report(values.call, peak, over, after);
}

function report(call: string, peak: number, over: Slice[], after: Slice[]): void {
  // The first second is the way into overload.
  const steady = over.slice(2);
  const all = steady.flatMap(({ ok }) => ok);
  const useful = all.filter((ms) => ms <= USEFUL_MS);
  const refused = steady.flatMap((slice) => slice.refused);
  const failed = steady.reduce((sum, slice) => sum + slice.failed, 0);
  const goodput = useful.length / ((steady.length * SLICE_MS) / 1000) / peak;
  const well = ({ arrived, ok }: Slice): boolean =>
    ok.filter((ms) => ms <= USEFUL_MS).length >= 0.99 * arrived;
  const lastBad = after.findLastIndex((slice) => !well(slice));
  const recoveryMs = (lastBad + 1) * SLICE_MS;
  const p99 = quantile(refused, 0.99);
  const verdict = (fits: boolean): string => (fits ? "as asked" : "NOT AS ASKED");
  console.log(
    [
      `Overload, ${call}: peak ${peak.toFixed(0)}/s, offered ${(steady.reduce((sum, { arrived }) => sum + arrived, 0) / ((steady.length * SLICE_MS) / 1000)).toFixed(0)}/s`,
      `  goodput within ${USEFUL_MS} ms: ${(100 * goodput).toFixed(0)} % of the peak (${verdict(goodput >= WANTED.goodput)}); all answers ${all.length}, median ${quantile(all, 0.5).toFixed(0)} ms, p99 ${quantile(all, 0.99).toFixed(0)} ms`,
      `  refusals: ${refused.length}, median ${quantile(refused, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${refused.length ? verdict(p99 <= WANTED.refusalMs) : "none"}); failed ${failed}`,
      `  the load itself was late by at most ${quantile(
        steady.map(({ lateMs }) => lateMs),
        0.5,
      ).toFixed(0)} ms in half of the time, ${quantile(
        steady.map(({ lateMs }) => lateMs),
        1,
      ).toFixed(0)} ms at worst`,
      `  recovery: ${recoveryMs} ms (${verdict(recoveryMs <= WANTED.recoveryMs)})`,
    ].join("\n"),
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => void closers.closeAll().finally(() => process.exit(130)));
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await closers.closeAll();
}
