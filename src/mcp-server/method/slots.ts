import { parseTime } from "../../contract/time.js";
import { DataError } from "./data-error.js";
import type { Row } from "./rows.js";

/** A cell at an instant: its slots by position, and where the KPI being assigned stands in them. */
interface Place {
  slots: number[];
  kpi: number;
  next: number;
}

/**
 * Numbers the places where samples of different KPIs belong together in one period: the same cell and instant, or,
 * for rows without a timestamp, the same position among the KPI's rows of the cell. Rows of one KPI that share cell
 * and instant are told apart by their position as well.
 */
export class Slots {
  /** The cell of each slot, by its number. */
  readonly cells: string[] = [];
  /** The instant of each slot, ms since 1970; NaN where its rows have none. */
  readonly instants: number[] = [];
  readonly #places = new Map<string, Map<number, Place>>();
  readonly #instants = new Map<string, number>();
  #kpis = 0;

  /** Calls `visit` with the slot of each row of one KPI. */
  assign(stats: readonly Row[], indices: readonly number[], visit: (slot: number, row: Row) => void): void {
    const kpi = ++this.#kpis;
    for (const index of indices) {
      const row = stats[index] as Row;
      const instant = this.#instantOf(row.timestamp, index);
      const place = this.#place(row.cell_id, instant);
      if (place.kpi !== kpi) {
        place.kpi = kpi;
        place.next = 0;
      }
      const position = place.next++;
      if (position === place.slots.length) {
        place.slots.push(this.cells.push(row.cell_id) - 1);
        this.instants.push(instant);
      }
      visit(place.slots[position] as number, row);
    }
  }

  #place(cell: string, instant: number): Place {
    let places = this.#places.get(cell);
    if (!places) {
      places = new Map();
      this.#places.set(cell, places);
    }
    let place = places.get(instant);
    if (!place) {
      place = { slots: [], kpi: 0, next: 0 };
      places.set(instant, place);
    }
    return place;
  }

  /** Milliseconds since 1970, NaN where the row has no time. Times repeat from KPI to KPI, so each text is read once. */
  #instantOf(text: string | undefined, index: number): number {
    if (text === undefined) return Number.NaN;
    let instant = this.#instants.get(text);
    if (instant === undefined) {
      const read = parseTime(text);
      if (!read) {
        const detail = { path: `raw_data.stats.${index}.timestamp`, message: "must be an ISO 8601 time" };
        throw new DataError("samples cannot be joined for a derived PEG", [detail]);
      }
      instant = read.getTime();
      this.#instants.set(text, instant);
    }
    return instant;
  }
}
