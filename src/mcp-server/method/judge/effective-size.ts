import { meanOf, momentsOf } from "../moments.js";
import { scratchFloats } from "./scratch.js";

/** Longer series are summed up into so many blocks: lags cost the square of the length. */
const MAX_LENGTH = 4096;
/** Lags that are summed side by side. */
const AT_ONCE = 4;

/**
 * How many independent samples a series in order of time is worth: n / (1 + 2 * sum of its autocorrelations), summed
 * while they are positive and the lag is at most n / 4 (Zwiers & von Storch, Journal of Climate 8, 1995; the first
 * sequence of positive estimates after Geyer, Statistical Science 7, 1992).
 *
 * @returns between 2 and n
 */
export function effectiveSize(series: ArrayLike<number>, mean = meanOf(series)): number {
  const n = series.length;
  if (n <= 2) return n;
  if (n > MAX_LENGTH) return sizeByBlocks(series);
  const deviations = centred(series, mean);
  let variance = 0;
  let sum = 0;
  for (let first = 0; first <= n / 4; first += AT_ONCE) {
    const products = laggedFrom(deviations, first);
    if (first === 0) variance = products[0];
    if (!(variance > 0)) return n;
    for (let i = first === 0 ? 1 : 0; i < AT_ONCE; i++) {
      const correlation = (products[i] as number) / variance;
      if (first + i > n / 4 || !(correlation > 0)) return sizeOf(n, sum);
      sum += correlation;
    }
  }
  return sizeOf(n, sum);
}

function sizeOf(n: number, sum: number): number {
  return Math.min(n, Math.max(2, n / (1 + 2 * sum)));
}

/** The size at which s^2 / size is the variance of the mean, told from the means of neighbours (batch means). */
function sizeByBlocks(series: ArrayLike<number>): number {
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

/** Deviations from the mean, in units of the largest, so that no square overflows; AT_ONCE zeros after them. */
function centred(series: ArrayLike<number>, mean: number): Float64Array {
  const deviations = scratchFloats(series.length + AT_ONCE);
  let largest = 0;
  for (let i = 0; i < series.length; i++) {
    const deviation = (series[i] as number) - mean;
    deviations[i] = deviation;
    if (Math.abs(deviation) > largest) largest = Math.abs(deviation);
  }
  if (largest > 0)
    for (let i = 0; i < series.length; i++) deviations[i] = (deviations[i] as number) / largest;
  return deviations;
}

/** Sums of products of deviations that are `lag`, lag + 1, ... apart: four sums that do not wait for each other. */
function laggedFrom(deviations: Float64Array, lag: number): [number, number, number, number] {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i + lag < deviations.length - AT_ONCE; i++) {
    const deviation = deviations[i] as number;
    const j = i + lag;
    a += deviation * (deviations[j] as number);
    b += deviation * (deviations[j + 1] as number);
    c += deviation * (deviations[j + 2] as number);
    d += deviation * (deviations[j + 3] as number);
  }
  return [a, b, c, d];
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
