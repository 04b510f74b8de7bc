/** Numbers as people read them, the same at the terminal and on the page. */

/** Four significant digits, no exponent where people expect none. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001 || size >= 1e7) return value.toExponential(2);
  return size >= 999.95 ? value.toFixed(0) : value.toPrecision(4);
}

/** With its sign, in percent. */
export function formatPercent(value: number): string {
  if (Math.abs(value) >= 1e6) return `${value > 0 ? "+" : ""}${value.toExponential(1)} %`;
  const text = value.toFixed(1);
  // What rounds to nothing has no direction.
  if (Number(text) === 0) return "0.0 %";
  return `${value > 0 ? "+" : ""}${text} %`;
}
