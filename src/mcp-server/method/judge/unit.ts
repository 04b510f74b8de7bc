/** Beyond these, sums of squares of so many samples may overflow or vanish. */
const LARGE = 2 ** 400;
const SMALL = 2 ** -400;
/** Powers of two of larger exponents are no doubles, or have no inverse that is one. */
const MAX_EXPONENT = 1000;

/** The largest absolute value; NaN where one is no number. */
export function reachOf(values: ArrayLike<number>): number {
  let reach = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (!(size <= reach)) reach = size;
  }
  return reach;
}

/**
 * What to multiply numbers of such a size by, so that their squares can be summed: a power of two, which rounds
 * nothing, and 1 unless it takes more.
 */
export function unitFor(reach: number): number {
  if (!(reach > LARGE || (reach < SMALL && reach > 0))) return 1;
  return 2 ** -Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, Math.floor(Math.log2(reach))));
}

export function inUnits(values: Float64Array, unit: number): Float64Array {
  return unit === 1 ? values : values.map((value) => value * unit);
}
