import { fUpperTail } from "./distributions.js";

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
 * @param sizeOf how many independent ones a group's distances are worth; their number where absent
 */
export function brownForsythe(
  groups: readonly (readonly number[])[],
  sizeOf: (distances: readonly number[]) => number = (distances) => distances.length,
): SpreadTest {
  const distances = groups.map((group) => {
    const centre = medianOf(group);
    return group.map((value) => Math.abs(value - centre));
  });
  const sizes = distances.map(sizeOf);
  const means = distances.map(meanOf);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const overall = means.reduce((sum, mean, i) => sum + mean * (sizes[i] as number), 0) / total;
  let between = 0;
  let within = 0;
  for (const [i, group] of distances.entries()) {
    const [size, mean] = [sizes[i] as number, means[i] as number];
    between += size * (mean - overall) ** 2;
    const squares = group.reduce((sum, distance) => sum + (distance - mean) ** 2, 0);
    within += ((size - 1) * squares) / (group.length - 1);
  }
  const [d1, d2] = [groups.length - 1, total - groups.length];
  if (!(within > 0)) return { spreads: means, f: 0, p: between > 0 ? 0 : 1 };
  const f = between / d1 / (within / d2);
  return { spreads: means, f, p: fUpperTail(f, d1, d2) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
