import type { PegDefinitions, Period, PeriodInfo } from "../../contract/analysis.js";

/** The highest bit of a place: there are never so many cells. */
export const SUSPECT = 2 ** 31;

/**
 * All samples of one KPI in one period, in input order, by columns:
 * 500,000 rows are 10 MB this way and 100 MB as objects.
 */
export interface SampleSeries {
  kpiName: string;
  period: Period;
  /** NaN stands for a missing measurement: raw data holds finite numbers only. */
  values: Float64Array;
  /** For each sample, where its cell stands in `RawData.cells`, and SUSPECT on top where it is flagged. */
  cells: Uint32Array;
  /** Milliseconds since 1970, NaN where a sample has no time; absent where none has. */
  times?: Float64Array | undefined;
}

/** The raw data of one analysis, opened. */
export interface RawData {
  cells: string[];
  series: SampleSeries[];
  pegDefinitions: PegDefinitions;
  periodInfo: PeriodInfo;
  /** Of the cells; UTC where absent. */
  timeZone?: string | undefined;
}
