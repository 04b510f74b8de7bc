import { fUpperTail } from "./distributions.js";
import { medianOf } from "./median.js";
import { scratchFloats } from "./scratch.js";
import { reachOf, unitFor } from "./unit.js";

export interface SpreadTest {
  /** Mean distance from the median, group by group. */
  spreads: number[];
  f: number;
  p: number;
}

/**
 * Whether groups vary alike: the F test of absolute distances from each group's median (Brown & Forsythe, Journal of
 * the American Statistical Association 69, 1974).
 *
 * @returns f and p that are NaN where a value is not finite
 * @param sizeOf how many independent ones a group's distances are worth; their number where absent
 */
export function brownForsythe(
  groups: readonly ArrayLike<number>[],
  sizeOf: (distances: ArrayLike<number>, mean: number) => number = (distances) => distances.length,
): SpreadTest {
  // Tests of distances and of their multiples are the same.
  const unit = unitFor(Math.max(...groups.map(reachOf)));
  const distances = groups.map((group) => distancesOf(group, unit));
  const means = distances.map(plainMean);
  const sizes = distances.map((group, i) => sizeOf(group, means[i] as number));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const overall = means.reduce((sum, mean, i) => sum + mean * (sizes[i] as number), 0) / total;
  let between = 0;
  let within = 0;
  for (const [i, group] of distances.entries()) {
    const [size, mean] = [sizes[i] as number, means[i] as number];
    between += size * (mean - overall) ** 2;
    within += ((size - 1) * squaresAbout(mean, group)) / (group.length - 1);
  }
  const [d1, d2] = [groups.length - 1, total - groups.length];
  const spreads = means.map((mean) => mean / unit);
  if (within === 0) return { spreads, f: 0, p: between > 0 ? 0 : 1 };
  const f = between / d1 / (within / d2);
  return { spreads, f, p: fUpperTail(f, d1, d2) };
}

function distancesOf(group: ArrayLike<number>, unit: number): Float64Array {
  const distances = scratchFloats(group.length);
  distances.set(group);
  if (unit !== 1) for (let i = 0; i < distances.length; i++) distances[i] = (distances[i] as number) * unit;
  const centre = medianOf(distances);
  for (let i = 0; i < distances.length; i++) distances[i] = Math.abs((distances[i] as number) - centre);
  return distances;
}

function plainMean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

function squaresAbout(mean: number, values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - mean) ** 2;
  return sum;
}
