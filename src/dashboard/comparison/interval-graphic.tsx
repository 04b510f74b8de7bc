import type { PegJudge } from "../../contract/judge.js";
import { decimalsFor, formatPercent } from "../../contract/numbers.js";

/** The ends of an interval in words; an end that is missing is endless. */
export function rangeText(
  { low, high }: { low: number | null; high: number | null },
  { band_percent, change_percent }: Pick<PegJudge, "band_percent" | "change_percent">,
): string {
  const decimals = decimalsFor(band_percent, change_percent ?? 0);
  const end = (value: number | null, none: string) =>
    value === null ? none : formatPercent(value, decimals);
  return `${end(low, "−∞")} … ${end(high, "+∞")}`;
}

/**
 * The change with its 95 % interval beside the band within which changes do not matter. What lies beyond the axis
 * ends in an arrow.
 *
 * @param reach of the axis on both sides of 0, percent
 */
export function IntervalGraphic({ judge, reach }: { judge: PegJudge; reach: number }) {
  const { interval, change_percent: change, band_percent: band } = judge;
  if (!interval || change === null) return <span className="interval-graphic" />;
  // Percent of the width, with room for an arrow at both ends.
  const place = (percent: number) => 50 + (Math.max(-reach, Math.min(reach, percent)) / reach) * 46;
  const low = interval.low ?? Number.NEGATIVE_INFINITY;
  const high = interval.high ?? Number.POSITIVE_INFINITY;
  return (
    <svg className="interval-graphic" data-verdict={judge.verdict} aria-hidden="true">
      <rect
        className="band"
        x={`${place(-band)}%`}
        width={`${place(band) - place(-band)}%`}
        y="0"
        height="100%"
      />
      <line className="zero" x1="50%" x2="50%" y1="0" y2="100%" />
      <line className="range" x1={`${place(low)}%`} x2={`${place(high)}%`} y1="50%" y2="50%" />
      {low < -reach && <Arrow at={place(low)} towards={-1} />}
      {high > reach && <Arrow at={place(high)} towards={1} />}
      {Math.abs(change) <= reach && <circle className="point" cx={`${place(change)}%`} cy="50%" r="4" />}
    </svg>
  );
}

function Arrow({ at, towards }: { at: number; towards: 1 | -1 }) {
  return (
    <svg x={`${at}%`} y="50%" overflow="visible" aria-hidden="true">
      <path className="range" d={`M${-5 * towards} -5L0 0L${-5 * towards} 5`} />
    </svg>
  );
}
