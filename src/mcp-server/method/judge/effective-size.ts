import { momentsOf } from "../moments.js";

/** Longer series are summed up into so many blocks: lags cost the square of the length. */
const MAX_LENGTH = 4096;

/**
 * How many independent samples a series in order of time is worth: n / (1 + 2 * sum of its autocorrelations), summed
 * while they are positive and the lag is at most n / 4 (Zwiers & von Storch, Journal of Climate 8, 1995; the first
 * sequence of positive estimates after Geyer, Statistical Science 7, 1992).
 *
 * @returns between 2 and n
 */
export function effectiveSize(series: readonly number[]): number {
  const n = series.length;
  if (n <= 2) return n;
  if (n > MAX_LENGTH) return sizeByBlocks(series);
  const deviations = centred(series);
  const variance = lagged(deviations, 0);
  if (!(variance > 0)) return n;
  let sum = 0;
  for (let lag = 1; lag <= n / 4; lag++) {
    const correlation = lagged(deviations, lag) / variance;
    if (!(correlation > 0)) break;
    sum += correlation;
  }
  return Math.min(n, Math.max(2, n / (1 + 2 * sum)));
}

/** The size at which s^2 / size is the variance of the mean, told from the means of neighbours (batch means). */
function sizeByBlocks(series: readonly number[]): number {
  const n = series.length;
  const length = Math.ceil(n / MAX_LENGTH);
  const blocks: number[] = [];
  for (let start = 0; start + length <= n; start += length) {
    let sum = 0;
    for (let i = start; i < start + length; i++) sum += series[i] as number;
    blocks.push(sum / length);
  }
  const whole = momentsOf(series).standardDeviation;
  const ofBlocks = momentsOf(blocks).standardDeviation;
  if (!(whole > 0) || !(ofBlocks > 0)) return n;
  return Math.min(n, Math.max(2, effectiveSize(blocks) * (whole / ofBlocks) ** 2));
}

/** Deviations from the mean, in units of the largest, so that no square overflows. */
function centred(series: readonly number[]): number[] {
  const { mean } = momentsOf(series);
  let largest = 0;
  for (const value of series) largest = Math.max(largest, Math.abs(value - mean));
  return largest > 0 ? series.map((value) => (value - mean) / largest) : series.map(() => 0);
}

function lagged(deviations: readonly number[], lag: number): number {
  let sum = 0;
  for (let i = lag; i < deviations.length; i++)
    sum += (deviations[i] as number) * (deviations[i - lag] as number);
  return sum;
}

/**
 * The size of a series whose order is not known, as if neighbours correlated like an autoregression of the first
 * order: n * (1 - r) / (1 + r).
 *
 * @param lag1 the correlation r that is taken for granted
 */
export function assumedSize(n: number, lag1: number): number {
  return Math.min(n, Math.max(2, (n * (1 - lag1)) / (1 + lag1)));
}
