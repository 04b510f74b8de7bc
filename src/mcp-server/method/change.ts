export interface Change {
  /** N mean - N-1 mean, in the unit of the KPI. */
  absolute: number;
  /** Percent of the absolute N-1 mean: a rise is positive for negative KPIs (dBm) too. */
  percent: number;
  note?: "zero_baseline";
}

/**
 * The change from N-1 to N. From a mean of 0 there is no percentage: 0 where N is 0 as well, else 100 with the sign
 * of the N mean, noted as such.
 *
 * @returns numbers that may be infinite where a double cannot hold the result
 */
export function changeBetween(n1Mean: number, nMean: number): Change {
  const absolute = nMean - n1Mean;
  if (n1Mean !== 0) return { absolute, percent: (absolute / Math.abs(n1Mean)) * 100 };
  if (nMean === 0) return { absolute: 0, percent: 0 };
  return { absolute, percent: 100 * Math.sign(nMean), note: "zero_baseline" };
}
