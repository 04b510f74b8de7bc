/** Numbers as people read them, the same at the terminal and on the page. */

/** Four significant digits, no exponent where people expect none. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1e7) return value.toExponential(2);
  return size >= 999.95 ? value.toFixed(0) : value.toPrecision(4);
}

/** A PEG that changes by less is stable by the product's rule. */
export const RULE_BAND_PERCENT = 5;
/** The weighted change within which the whole is stable, by the rule and by the judge. */
export const OVERALL_BAND_PERCENT = 2;

const MOST_DECIMALS = 6;

/**
 * How many decimals show on which side of a band of stability a change lies: one, more where the band is narrow or
 * the change is close to its end.
 *
 * @param band percent; one without a width asks for no more than one
 * @param percent the change
 */
export function decimalsFor(band: number, percent = 0): number {
  if (!(band > 0)) return 1;
  const size = Math.abs(percent);
  let decimals = Math.min(MOST_DECIMALS, Math.max(1, Math.ceil(1 - Math.log10(band))));
  while (decimals < MOST_DECIMALS && Number(size.toFixed(decimals)) >= band !== size >= band) decimals++;
  return decimals;
}

/** With its sign, in percent. */
export function formatPercent(value: number, decimals = 1): string {
  if (Math.abs(value) >= 1e6) return `${value > 0 ? "+" : ""}${value.toExponential(1)} %`;
  const text = value.toFixed(decimals);
  // What rounds to nothing has no direction.
  if (Number(text) === 0) return `${text.replace("-", "")} %`;
  return `${value > 0 ? "+" : ""}${text} %`;
}

/** The same for a change, so that it shows on which side of a band it lies, and of the rule's. @param band percent */
export function formatChange(percent: number, band: number = RULE_BAND_PERCENT): string {
  return formatPercent(
    percent,
    Math.max(decimalsFor(band, percent), decimalsFor(RULE_BAND_PERCENT, percent)),
  );
}
