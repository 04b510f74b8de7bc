import postgres from "postgres";
import type { McpRequest } from "../src/contract/mcp-protocol.js";
import { DEFAULT_ALGORITHM_VERSION } from "../src/contract/mcp-protocol.js";
import { compare } from "../src/mcp-server/method/compare.js";
import { makeAnalysis } from "./network.js";
import { openOwnServer } from "./own-server.js";
import { callTarget } from "./requests.js";
import type { Bench } from "./section.js";
import { median } from "./statistics.js";

/** 100,000 rows. */
const PEGS = 2_000;
const HOURS = 25;
/** Until both have run their code often enough for it to be compiled. */
const WARM_ROUNDS = 4;
const ROUNDS = 9;
const WANTED_RATIO = 1.3;

/** The first answer of a new analysis, to its last byte, beside its parts done by hand; ms, medians of the same rounds. */
export interface Cold {
  rows: number;
  oursMs: number;
  bareMs: number;
  ratio: number;
}

/** Rows as plain columns, without sealing, leases, checks or HTTP: what the work itself costs. */
async function bareTables(sql: postgres.Sql, analysis: ReturnType<typeof makeAnalysis>) {
  await sql`create table bare_rows (kpi_name text, period text, avg float8, cell_id text, timestamp timestamptz)`;
  await sql`create table bare_results (id serial primary key, result jsonb)`;
  for (let start = 0; start < analysis.stats.length; start += 5_000) {
    const rows = analysis.stats.slice(start, start + 5_000);
    await sql`insert into bare_rows ${sql(rows as never, "kpi_name", "period", "avg", "cell_id", "timestamp")}`;
  }
}

async function bareComparison(sql: postgres.Sql, analysis: ReturnType<typeof makeAnalysis>): Promise<void> {
  const stats = await sql`select kpi_name, period, avg, cell_id, timestamp from bare_rows`;
  const { request_params, period_info } = analysis;
  const request = {
    analysis_id: "bare",
    raw_data: {
      stats: stats.map((row) => ({ ...row, timestamp: (row.timestamp as Date).toISOString() })),
      peg_definitions: request_params.peg_definitions,
      period_info: Object.fromEntries(
        Object.entries(period_info).map(([name, time]) => [name, new Date(time as Date).toISOString()]),
      ),
    },
    options: { include_metadata: true, cache_ttl: 3600, algorithm_version: DEFAULT_ALGORITHM_VERSION },
  } as unknown as McpRequest;
  const { data } = compare(request, { now: () => Date.now(), elapsed: () => performance.now() });
  const results = data.peg_comparison_results.map((result) => ({ result: sql.json(result as never) }));
  for (let start = 0; start < results.length; start += 1_000)
    await sql`insert into bare_results ${sql(results.slice(start, start + 1_000) as never, "result")}`;
}

/** Measures cold `get`s in turn with the same work done by hand. @returns undefined where there is no PostgreSQL */
export async function measureCold(bench: Bench): Promise<Cold | undefined> {
  const { closers, progress } = bench;
  const { ours, peg, tokens, databaseUrl } = await openOwnServer(bench);
  if (databaseUrl === undefined) return undefined;
  const analysis = makeAnalysis("cold", PEGS, HOURS);
  const { id, rows } = await peg.analysis.create.mutate(analysis);
  const sql = postgres(databaseUrl, { onnotice: () => {} });
  closers.add(() => sql.end());
  progress(`cold: ${rows} rows`);
  await bareTables(sql, analysis);
  const url = `http://127.0.0.1:${ours.port}${callTarget(id)}`;
  const headers = { authorization: `Bearer ${tokens[0]}` };
  const [times, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round++) {
    const data_version = (await peg.analysis.byId.query({ id })).data_version;
    const { stats, request_params, period_info } = analysis;
    await peg.analysis.replaceData.mutate({ id, data_version, stats, request_params, period_info });
    const start = performance.now();
    const answer = await fetch(url, { headers });
    const bytes = await answer.arrayBuffer();
    const middle = performance.now();
    if (!Buffer.from(bytes).includes('"cached":false')) throw new Error("this answer had to be computed");
    await bareComparison(sql, analysis);
    if (round < WARM_ROUNDS) continue;
    times.push(middle - start);
    others.push(performance.now() - middle);
  }
  const ratio = median(times.map((ms, i) => ms / (others[i] as number)));
  return { rows, oursMs: median(times), bareMs: median(others), ratio };
}

/** One line. */
export function describeCold(cold: Cold | undefined): string {
  if (!cold) return "Cold answers: not measured, for want of PostgreSQL";
  const { rows, oursMs, bareMs, ratio } = cold;
  const verdict = ratio <= WANTED_RATIO ? "as asked" : "TOO SLOW";
  return `Cold get of ${rows} rows: ${oursMs.toFixed(0)} ms; reading, method and writing by hand ${bareMs.toFixed(0)} ms; ratio ${ratio.toFixed(2)} (at most ${WANTED_RATIO}: ${verdict})`;
}
