/** The sets that NIST describes by a rule: a first value, then a lower and an upper one in turn, 1001 in all. */
function alternating(first: number, lower: number, upper: number): number[] {
  return [first, ...Array.from({ length: 1000 }, (_, index) => (index % 2 === 0 ? lower : upper))];
}

export const NUM_ACC_1: readonly number[] = [10_000_001, 10_000_003, 10_000_002];
export const NUM_ACC_2: readonly number[] = alternating(1.2, 1.1, 1.3);
export const NUM_ACC_3: readonly number[] = alternating(1_000_000.2, 1_000_000.1, 1_000_000.3);
export const NUM_ACC_4: readonly number[] = alternating(10_000_000.2, 10_000_000.1, 10_000_000.3);

/** The first digits of pi, the 3 among them, by Machin's formula in whole numbers with ten digits to spare. */
export function piDigits(count: number): number[] {
  const one = 10n ** BigInt(count + 9);
  const arctanOfInverse = (x: bigint): bigint => {
    let power = one / x;
    let sum = power;
    for (let odd = 3n, sign = -1n; power !== 0n; odd += 2n, sign = -sign) {
      power /= x * x;
      sum += (sign * power) / odd;
    }
    return sum;
  };
  const pi = 4n * (4n * arctanOfInverse(5n) - arctanOfInverse(239n));
  return Array.from(pi.toString().slice(0, count), Number);
}

/**
 * The set PiDigits. Its file has a 3 where pi has an 8, at the 956th decimal, and NIST certified the file: mean,
 * deviation and lag-1 autocorrelation (-0.00355099287237972) are those of the digits with the 3.
 */
export const PI_DIGITS: readonly number[] = piDigits(5000).with(956, 3);
