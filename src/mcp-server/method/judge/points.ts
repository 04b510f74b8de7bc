import { parseTime } from "../../../contract/time.js";
import type { Row } from "../rows.js";

/** The usable samples of one PEG in one period, by columns. */
export interface Points {
  values: number[];
  cells: string[];
  /** Milliseconds since 1970; NaN for a sample without a time. */
  instants: number[];
  /** Samples that were flagged, and those that were null. */
  suspect: number;
  missing: number;
}

/** Reads each text once: times repeat from KPI to KPI. */
export class Instants {
  readonly #read = new Map<string, number>();

  of(text: string | undefined): number {
    if (text === undefined) return Number.NaN;
    let instant = this.#read.get(text);
    if (instant === undefined) {
      instant = parseTime(text)?.getTime() ?? Number.NaN;
      this.#read.set(text, instant);
    }
    return instant;
  }
}

export function pointsOf(stats: readonly Row[], indices: readonly number[], instants: Instants): Points {
  const points: Points = { values: [], cells: [], instants: [], suspect: 0, missing: 0 };
  for (const index of indices) {
    const row = stats[index] as Row;
    if (row.suspect) points.suspect++;
    else if (row.avg === null) points.missing++;
    else {
      points.values.push(row.avg);
      points.cells.push(row.cell_id);
      points.instants.push(instants.of(row.timestamp));
    }
  }
  return points;
}
