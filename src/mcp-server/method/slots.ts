import { parseTime } from "../../contract/parse-time.js";
import { DataError } from "./data-error.js";
import type { Row } from "./rows.js";

/** Where the rows of one KPI stand: each slot once, in the order of its first row, and of each row its place there. */
export interface Assigned {
  slots: number[];
  places: Uint32Array;
}

/** The slots of one cell. */
interface CellSlots {
  byInstant: Map<number, number>;
  /** Of rows without a time, and where the KPI being assigned stands in them. */
  byPosition: number[];
  kpi: number;
  next: number;
}

/**
 * Numbers the places where samples of different KPIs belong together in one period: the same cell and instant, or,
 * for rows without a timestamp, the same position among the KPI's rows of the cell. Rows of one KPI that share cell
 * and instant share a slot: which of them another KPI's row belongs to, nothing tells but the order of rows.
 */
export class Slots {
  /** The cell of each slot, by its number. */
  readonly cells: string[] = [];
  /** The instant of each slot, ms since 1970; NaN where its rows have none. */
  readonly instants: number[] = [];
  /** Of each slot the KPI that was assigned to it last, and its place there. */
  readonly #kpiOf: number[] = [];
  readonly #placeOf: number[] = [];
  readonly #cells = new Map<string, CellSlots>();
  readonly #instants = new Map<string, number>();
  #kpis = 0;

  /** @param indices where the rows of one KPI stand in `stats` */
  assign(stats: readonly Row[], indices: readonly number[]): Assigned {
    const kpi = ++this.#kpis;
    const slots: number[] = [];
    const places = new Uint32Array(indices.length);
    for (let i = 0; i < places.length; i++) {
      const index = indices[i] as number;
      const row = stats[index] as Row;
      const slot = this.#slotOf(row.cell_id, this.#instantOf(row.timestamp, index), kpi);
      if (this.#kpiOf[slot] !== kpi) {
        this.#kpiOf[slot] = kpi;
        this.#placeOf[slot] = slots.push(slot) - 1;
      }
      places[i] = this.#placeOf[slot] as number;
    }
    return { slots, places };
  }

  #slotOf(name: string, instant: number, kpi: number): number {
    let cell = this.#cells.get(name);
    if (!cell) {
      cell = { byInstant: new Map(), byPosition: [], kpi, next: 0 };
      this.#cells.set(name, cell);
    }
    if (Number.isNaN(instant)) {
      if (cell.kpi !== kpi) {
        cell.kpi = kpi;
        cell.next = 0;
      }
      const position = cell.next++;
      cell.byPosition[position] ??= this.#add(name, instant);
      return cell.byPosition[position] as number;
    }
    let slot = cell.byInstant.get(instant);
    if (slot === undefined) {
      slot = this.#add(name, instant);
      cell.byInstant.set(instant, slot);
    }
    return slot;
  }

  #add(cell: string, instant: number): number {
    this.instants.push(instant);
    this.#kpiOf.push(0);
    this.#placeOf.push(0);
    return this.cells.push(cell) - 1;
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
