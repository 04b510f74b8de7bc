/** An exact fraction; the denominator is positive. */
export interface Rational {
  num: bigint;
  den: bigint;
}

const bits = new DataView(new ArrayBuffer(8));

/** The exact value of a finite double. */
export function exact(value: number): Rational {
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = word & 0xfffffffffffffn;
  const magnitude = exponent === 0 ? fraction : fraction | (1n << 52n);
  const shift = Math.max(exponent, 1) - 1075;
  const signed = word >> 63n ? -magnitude : magnitude;
  return shift >= 0 ? { num: signed << BigInt(shift), den: 1n } : { num: signed, den: 1n << BigInt(-shift) };
}

export const whole = (value: number): Rational => ({ num: BigInt(value), den: 1n });
export const add = (a: Rational, b: Rational): Rational => ({
  num: a.num * b.den + b.num * a.den,
  den: a.den * b.den,
});
export const negate = (a: Rational): Rational => ({ num: -a.num, den: a.den });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negate(b));
export const times = (a: Rational, b: Rational): Rational => ({ num: a.num * b.num, den: a.den * b.den });
export const absolute = (a: Rational): Rational => (a.num < 0n ? negate(a) : a);
export const isZero = (a: Rational): boolean => a.num === 0n;
export const atMost = (a: Rational, b: Rational): boolean => a.num * b.den <= b.num * a.den;

export function over(a: Rational, b: Rational): Rational {
  const sign = b.num < 0n ? -1n : 1n;
  return { num: sign * a.num * b.den, den: sign * a.den * b.num };
}

/** The exact sum of doubles, over the one denominator that all of them have in common. */
export function exactSum(values: readonly number[]): Rational {
  const den = 1n << 1074n;
  let num = 0n;
  for (const value of values) {
    const term = exact(value);
    num += term.num * (den / term.den);
  }
  return { num, den };
}

export function exactMean(values: readonly number[]): Rational {
  return over(exactSum(values), whole(values.length));
}

/** The exact sample variance, with n - 1: (n * sum of squares - square of sum) / (n * (n - 1)). */
export function exactVariance(values: readonly number[]): Rational {
  const den = 1n << 1074n;
  let squares = 0n;
  for (const value of values) {
    const term = exact(value);
    const scaled = term.num * (den / term.den);
    squares += scaled * scaled;
  }
  const count = BigInt(values.length);
  const { num: sum } = exactSum(values);
  return { num: count * squares - sum * sum, den: den * den * count * (count - 1n) };
}

/** Whether `actual` is within `relative` of the exact value, or within `slack` of it where that is wider. */
export function isWithin(actual: number, expected: Rational, relative: number, slack = 0): boolean {
  const distance = absolute(subtract(exact(actual), expected));
  return atMost(distance, add(times(absolute(expected), exact(relative)), exact(slack)));
}
