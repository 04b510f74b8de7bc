const { PI, abs, log, log1p } = Math;

/** Factorials below are exact doubles. */
const SMALL = 16;
/** Nearer than this the series is the more exact one. */
const NEAR = 0.1;

/**
 * ln of the chance of k of n, as exact for billions as for tens: logarithms of factorials would cancel (Loader, Fast
 * and accurate computation of binomial probabilities, 2000).
 *
 * @param share between 0 and 1, both left out
 */
export function logBinomialMass(k: number, n: number, share: number): number {
  if (k === 0) return n * log1p(-share);
  if (k === n) return n * log(share);
  const errors = stirlingError(n) - stirlingError(k) - stirlingError(n - k);
  const off = deviance(k, n * share) + deviance(n - k, n * (1 - share));
  return errors - off - (log(2 * PI) + log(k) + log1p(-k / n)) / 2;
}

/** ln(n!) less Stirling's formula for it. */
function stirlingError(n: number): number {
  if (n < SMALL) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    return log(factorial) - (n + 0.5) * log(n) + n - log(2 * PI) / 2;
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** x * ln(x / mean) + mean - x. */
function deviance(x: number, mean: number): number {
  const ratio = (x - mean) / (x + mean);
  if (!(abs(ratio) < NEAR)) return x * log(x / mean) + mean - x;
  let sum = (x - mean) * ratio;
  let term = 2 * x * ratio;
  for (let power = 3; ; power += 2) {
    term *= ratio * ratio;
    const next = sum + term / power;
    if (next === sum) return sum;
    sum = next;
  }
}
