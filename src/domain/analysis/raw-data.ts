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

/**
 * Many series, one behind the other, in few objects: thousands would take longer to move to a thread than their
 * samples to encode.
 */
export interface PackedSeries {
  kpiNames: string[];
  periods: Period[];
  /** How many samples each has. */
  counts: Uint32Array<ArrayBuffer>;
  /** 1 for a series with times, 0 for one without. */
  timed: Uint8Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
  cells: Uint32Array<ArrayBuffer>;
  /** Of the series with times only. */
  times: Float64Array<ArrayBuffer>;
}

/** The series one by one, as views. @throws Error where their memory has moved to another thread */
export function* unpackSeries(packed: PackedSeries): Generator<SampleSeries> {
  const { kpiNames, periods, counts, timed, values, cells, times } = packed;
  if (counts.length !== kpiNames.length) throw new Error("the samples are not here any more");
  let [from, timesFrom] = [0, 0];
  for (const [i, kpiName] of kpiNames.entries()) {
    const count = counts[i] as number;
    yield {
      kpiName,
      period: periods[i] as Period,
      values: values.subarray(from, from + count),
      cells: cells.subarray(from, from + count),
      times: timed[i] ? times.subarray(timesFrom, timesFrom + count) : undefined,
    };
    from += count;
    if (timed[i]) timesFrom += count;
  }
}

/** The raw data of one analysis, opened. */
export interface RawData {
  cells: string[];
  series: PackedSeries;
  pegDefinitions: PegDefinitions;
  periodInfo: PeriodInfo;
  /** Of the cells; UTC where absent. */
  timeZone?: string | undefined;
}
