import type { AnalysisCreateInput, PegDefinitions, StatsRow } from "../../contract/analysis.js";
import type { Plain } from "../../contract/words.js";
import type { CliText } from "../korean.js";

/** What was done to a PEG between the two weeks: the truth that the comparison should find. */
export interface InjectedChange {
  pegName: string;
  /** Percent of the N-1 mean; null for a PEG that stops being measured. */
  changePercent: number | null;
  note: Plain<CliText>;
}

export interface SimulatedNetwork {
  analysis: Omit<AnalysisCreateInput, "id">;
  truth: InjectedChange[];
}

interface PegModel {
  name: string;
  /** Where the name does not end in it. */
  unit?: string;
  weight: number;
  direction?: "higher_is_better" | "lower_is_better" | "neutral";
  /** Mean of N-1, and the share by which N differs. */
  mean: number;
  change: number;
  /** Swing of the daily profile and noise, both as shares of the mean. */
  swing: number;
  noise: number;
  missingInN?: boolean;
  note: Plain<CliText>;
}

const PEGS: PegModel[] = [
  {
    name: "DL_Throughput_Mbps",
    weight: 10,
    mean: 42,
    change: 0.12,
    swing: 0.3,
    noise: 0.08,
    note: "new carrier",
  },
  {
    name: "UL_Throughput_Mbps",
    weight: 7,
    mean: 9.5,
    change: 0,
    swing: 0.25,
    noise: 0.08,
    note: "untouched",
  },
  {
    name: "ERAB_Drop_Rate",
    unit: "%",
    weight: 9,
    direction: "lower_is_better",
    mean: 0.8,
    change: -0.25,
    swing: 0.2,
    noise: 0.15,
    note: "retuned handover",
  },
  {
    name: "RRC_Setup_Failure_Rate",
    unit: "%",
    weight: 8,
    direction: "lower_is_better",
    mean: 0.5,
    change: 0.01,
    swing: 0.2,
    noise: 0.15,
    note: "hardly touched",
  },
  {
    name: "Latency_ms",
    weight: 8,
    direction: "lower_is_better",
    mean: 24,
    change: 0.15,
    swing: 0.15,
    noise: 0.06,
    note: "longer backhaul",
  },
  {
    name: "HO_Success_Rate",
    unit: "%",
    weight: 6,
    mean: 97,
    change: -0.01,
    swing: 0.01,
    noise: 0.01,
    note: "hardly touched",
  },
  {
    name: "RSRP_dBm",
    weight: 5,
    mean: -98,
    change: 0.08,
    swing: 0.01,
    noise: 0.02,
    note: "tilted antennas; a rise towards 0",
  },
  {
    name: "PRB_Utilisation",
    unit: "%",
    weight: 3,
    direction: "neutral",
    mean: 55,
    change: 0.1,
    swing: 0.4,
    noise: 0.1,
    note: "neither good nor bad",
  },
  {
    name: "RACH_Attempt",
    weight: 2,
    direction: "neutral",
    mean: 5200,
    change: 0.03,
    swing: 0.5,
    noise: 0.05,
    note: "traffic",
  },
  {
    name: "VoLTE_MOS",
    weight: 4,
    mean: 3.9,
    change: 0,
    swing: 0.02,
    noise: 0.02,
    missingInN: true,
    note: "probe switched off",
  },
];

/** Successes are a share of the attempts of the same hour, which the derived PEG finds again. */
const RACH = { share: 0.9, change: 0.06, noise: 0.01 };

const CELLS = ["DEMO-0001", "DEMO-0002", "DEMO-0003", "DEMO-0004"];
const HOURS = 7 * 24;
const HOUR_MS = 3_600_000;
const N1_START = Date.UTC(2024, 0, 1);
const N_START = N1_START + HOURS * HOUR_MS;

/** A small generator with a seed (mulberry32): the same network at every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A standard normal number (Box-Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Highest in the evening, lowest before dawn; its mean over a day is 0. */
function dailyProfile(hour: number): number {
  return Math.sin((2 * Math.PI * (hour - 14)) / 24);
}

function weekOf(peg: PegModel, period: "N-1" | "N", random: () => number): StatsRow[] {
  const start = period === "N" ? N_START : N1_START;
  const mean = period === "N" ? peg.mean + Math.abs(peg.mean) * peg.change : peg.mean;
  return CELLS.flatMap((cell_id, cell) =>
    Array.from({ length: HOURS }, (_, hour): StatsRow => {
      const shape = 1 + peg.swing * dailyProfile(hour % 24) + 0.02 * (cell - (CELLS.length - 1) / 2);
      const avg = mean * (shape + peg.noise * normal(random));
      return {
        kpi_name: peg.name,
        period,
        avg: Number(avg.toPrecision(7)),
        cell_id,
        timestamp: new Date(start + hour * HOUR_MS),
      };
    }),
  );
}

/** The successful ones of the attempts. */
function successesOf(attempts: readonly StatsRow[], random: () => number): StatsRow[] {
  return attempts.map((row): StatsRow => {
    const share = RACH.share * (row.period === "N" ? 1 + RACH.change : 1) * (1 + RACH.noise * normal(random));
    return { ...row, kpi_name: "RACH_Success", avg: Math.round((row.avg ?? 0) * Math.min(1, share)) };
  });
}

/** Two weeks, hour by hour, of four cells, with known changes between the weeks. */
export function simulateNetwork(seed = 7): SimulatedNetwork {
  const random = seeded(seed);
  const stats = PEGS.flatMap((peg) => [
    ...weekOf(peg, "N-1", random),
    ...(peg.missingInN ? [] : weekOf(peg, "N", random)),
  ]);
  stats.push(
    ...successesOf(
      stats.filter((row) => row.kpi_name === "RACH_Attempt"),
      random,
    ),
  );
  const definitions: PegDefinitions = Object.fromEntries(
    PEGS.map(({ name, weight, direction, unit }) => [
      name,
      { weight, ...(direction && { direction }), ...(unit && { unit }) },
    ]),
  );
  return {
    analysis: {
      name: "Simulated network, two weeks",
      stats,
      request_params: {
        peg_definitions: {
          ...definitions,
          RACH_Success: { weight: 2, direction: "neutral" },
          RACH_Success_Rate: { weight: 7, unit: "%", formula: "RACH_Success / RACH_Attempt * 100" },
        },
      },
      period_info: {
        n1_start: new Date(N1_START),
        n1_end: new Date(N_START - HOUR_MS),
        n_start: new Date(N_START),
        n_end: new Date(N_START + (HOURS - 1) * HOUR_MS),
      },
    },
    truth: [
      ...PEGS.map(({ name, change, missingInN, note }) => ({
        pegName: name,
        changePercent: missingInN ? null : change * 100,
        note,
      })),
      {
        pegName: "RACH_Success",
        changePercent: (1.03 * (1 + RACH.change) - 1) * 100,
        note: "traffic and more success",
      },
      {
        pegName: "RACH_Success_Rate",
        changePercent: RACH.change * 100,
        note: "derived: RACH_Success / RACH_Attempt",
      },
    ],
  };
}
