import type { PegJudge } from "../../contract/judge.js";
import { formatPercent } from "../../contract/numbers.js";

const WIDTH = 200;

/** The ends of an interval in words; an end that is missing is endless. */
export function intervalText({ interval }: PegJudge): string {
  if (!interval) return "";
  const end = (value: number | null, endless: string) => (value === null ? endless : formatPercent(value));
  return `${end(interval.low, "−∞")} … ${end(interval.high, "+∞")}`;
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
  const place = (percent: number) =>
    WIDTH / 2 + (Math.max(-reach, Math.min(reach, percent)) / reach) * (WIDTH / 2 - 6);
  const low = interval.low ?? Number.NEGATIVE_INFINITY;
  const high = interval.high ?? Number.POSITIVE_INFINITY;
  return (
    <svg
      className="interval-graphic"
      viewBox={`0 0 ${WIDTH} 20`}
      preserveAspectRatio="none"
      data-verdict={judge.verdict}
      aria-hidden="true"
    >
      <rect className="band" x={place(-band)} width={place(band) - place(-band)} y={0} height={20} />
      <path className="zero" d={`M${WIDTH / 2} 0V20`} />
      <path className="range" d={`M${place(low)} 10H${place(high)}`} />
      {low < -reach && <path className="range" d={`M${place(low) + 5} 5L${place(low)} 10l5 5`} />}
      {high > reach && <path className="range" d={`M${place(high) - 5} 5L${place(high)} 10l-5 5`} />}
      {Math.abs(change) <= reach && <circle className="point" cx={place(change)} cy={10} r={4} />}
    </svg>
  );
}
