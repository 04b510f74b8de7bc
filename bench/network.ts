import type { AnalysisCreateInput, StatsRow } from "../src/contract/analysis.js";

const HOURS = 24;
const HOUR_MS = 3_600_000;
const N1_START = Date.UTC(2024, 0, 1);
const N_START = Date.UTC(2024, 0, 8);

/** A number of 7 digits, the same at every run. */
function sample(peg: number, period: number, hour: number): number {
  const noise = Math.sin(peg * 12.9898 + period * 78.233 + hour * 37.719) * 43_758.5453;
  return Number((20 + (peg % 50) + period * 3 + 10 * (noise - Math.floor(noise))).toPrecision(7));
}

/** An analysis of so many PEGs: one cell, a day, or so many hours, of hourly values in each period. */
export function makeAnalysis(id: string, pegs: number, hours = HOURS): AnalysisCreateInput {
  const names = Array.from({ length: pegs }, (_, i) => `Peg_Counter_${String(i).padStart(3, "0")}`);
  const rows = (start: number, period: "N-1" | "N") =>
    names.flatMap((kpi_name, peg) =>
      Array.from(
        { length: hours },
        (_, hour): StatsRow => ({
          kpi_name,
          period,
          avg: sample(peg, period === "N" ? 1 : 0, hour),
          cell_id: "BENCH-0001",
          timestamp: new Date(start + hour * HOUR_MS),
        }),
      ),
    );
  const lastHour = (hours - 1) * HOUR_MS;
  return {
    id,
    stats: [...rows(N1_START, "N-1"), ...rows(N_START, "N")],
    request_params: {
      peg_definitions: Object.fromEntries(names.map((name, i) => [name, { weight: 1 + (i % 10) }])),
    },
    period_info: {
      n1_start: new Date(N1_START),
      n1_end: new Date(N1_START + lastHour),
      n_start: new Date(N_START),
      n_end: new Date(N_START + lastHour),
    },
  };
}
