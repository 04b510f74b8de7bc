import type { McpRequest } from "../src/contract/mcp-protocol.js";
import { DEFAULT_ALGORITHM_VERSION, UNJUDGED_ALGORITHM_VERSION } from "../src/contract/mcp-protocol.js";
import { compare } from "../src/mcp-server/method/compare.js";
import { median } from "./statistics.js";

const ROWS = 500_000;
const ROUNDS = 15;
const WANTED_RATIO = 2;
const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;
const START = Date.UTC(2024, 0, 1);
/** Seven significant digits, as counters are exported. */
const DIGITS = 7;

/** How 500,000 rows may be made up. */
interface Shape {
  name: string;
  pegs: number;
  cells: number;
  /** Of the times of a cell's samples; absent where they have none. */
  everyMinutes?: number;
  /** By the zone's name, where it is not UTC. */
  zone?: string;
  definition?: Record<string, unknown>;
}

const SHAPES: readonly Shape[] = [
  { name: "3 PEGs, 1 cell, 83,333 slots of 5 s a period", pegs: 3, cells: 1, everyMinutes: 1 / 12 },
  { name: "50 PEGs, 15 cells, 2 weeks of hours", pegs: 50, cells: 15, everyMinutes: 60 },
  {
    name: "50 PEGs, 15 cells, 2 weeks of hours, Europe/Berlin",
    pegs: 50,
    cells: 15,
    everyMinutes: 60,
    zone: "Europe/Berlin",
  },
  { name: "10 PEGs, 74 cells, quarter hours", pegs: 10, cells: 74, everyMinutes: 15 },
  { name: "2000 PEGs, 1 cell, hours", pegs: 2000, cells: 1, everyMinutes: 60 },
  { name: "1 PEG, 744 cells, 2 weeks of hours", pegs: 1, cells: 744, everyMinutes: 60 },
  { name: "3 PEGs, 1 cell, no times", pegs: 3, cells: 1 },
  { name: "2000 PEGs, 5 cells, no times", pegs: 2000, cells: 5 },
];

export interface JudgeTime {
  name: string;
  rows: number;
  plainMs: number;
  judgedMs: number;
  ratio: number;
}

function request({ pegs, cells, everyMinutes, zone }: Shape): McpRequest {
  const slots = Math.floor(ROWS / (2 * pegs * cells));
  const step = (everyMinutes ?? 1) * MINUTE;
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const length = Math.ceil((slots * step) / WEEK) * WEEK;
  const stats: McpRequest["raw_data"]["stats"] = [];
  for (const [half, period] of (["N-1", "N"] as const).entries()) {
    for (let slot = 0; slot < slots; slot++) {
      const timestamp =
        everyMinutes === undefined ? undefined : new Date(START + half * length + slot * step).toISOString();
      const swing = 1 + 0.5 * Math.sin((slot * step * Math.PI) / (12 * 60 * MINUTE));
      for (let cell = 0; cell < cells; cell++) {
        for (let peg = 0; peg < pegs; peg++) {
          const avg = Number(((20 + (peg % 50)) * swing * (0.8 + 0.4 * noise())).toPrecision(DIGITS));
          stats.push({
            kpi_name: `Peg_Counter_${peg}`,
            period,
            avg,
            cell_id: `CELL-${1000 + cell}`,
            ...(timestamp && { timestamp }),
          });
        }
      }
    }
  }
  const at = (ms: number) => new Date(START + ms).toISOString();
  const end = slots * step - 1000;
  const body: McpRequest = {
    analysis_id: "bench",
    raw_data: {
      stats,
      peg_definitions: {},
      period_info: { n1_start: at(0), n1_end: at(end), n_start: at(length), n_end: at(length + end) },
    },
    options: { ...(zone && { time_zone: zone }) },
  };
  // As it comes over the wire: every row with texts of its own.
  return JSON.parse(JSON.stringify(body));
}

const clock = { now: () => START, elapsed: () => performance.now() };

function timeOf(body: McpRequest, algorithm_version: string): number {
  const started = process.cpuUsage();
  compare({ ...body, options: { ...body.options, algorithm_version } }, clock);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** Both versions in turn, in one process. */
export function measureJudge(progress: (text: string) => void): JudgeTime[] {
  return SHAPES.map((shape) => {
    progress(`judge: ${shape.name}`);
    const body = request(shape);
    const plain: number[] = [];
    const judged: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const times = [
        timeOf(body, UNJUDGED_ALGORITHM_VERSION),
        timeOf(body, DEFAULT_ALGORITHM_VERSION),
      ] as const;
      if (round === 0) continue; // warm-up
      plain.push(times[0]);
      judged.push(times[1]);
    }
    const ratio = median(judged.map((ms, i) => ms / (plain[i] as number)));
    return {
      name: shape.name,
      rows: body.raw_data.stats.length,
      plainMs: median(plain),
      judgedMs: median(judged),
      ratio,
    };
  });
}

/** A line for each shape, and whether the worst is as fast as asked. */
export function describeJudge(times: readonly JudgeTime[]): string {
  const lines = times.map(
    ({ name, plainMs, judgedMs, ratio }) =>
      `  ${name}: ${plainMs.toFixed(0)} ms, judged ${judgedMs.toFixed(0)} ms, ratio ${ratio.toFixed(2)}`,
  );
  const worst = Math.max(...times.map(({ ratio }) => ratio));
  const verdict = worst <= WANTED_RATIO ? "as asked" : "TOO SLOW";
  return [
    `${ROWS.toLocaleString("en")} rows compared and judged, processor time, medians of ${ROUNDS} rounds in turn:`,
    ...lines,
    `  Worst ratio of judged to not judged: ${worst.toFixed(2)} (at most ${WANTED_RATIO}: ${verdict})`,
  ].join("\n");
}
