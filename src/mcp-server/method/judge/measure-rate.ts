import { droppedOf, type Measured } from "./measured.js";
import type { PegInput } from "./peg-input.js";
import type { Points } from "./points.js";
import { sumOf } from "./pooled-ratio.js";
import { compareRates, type Events } from "./rare-counts.js";
import { commonCells } from "./samples-of.js";

/**
 * Rare events, over what they happened on, or over the number of samples.
 *
 * @returns undefined where the samples are no counts of events, or what they happened on is nothing
 */
export function measureRate({ points: given, exposure: over }: PegInput): Measured | undefined {
  const { points, dropped } = commonCells(given);
  const exposed = over && commonCells(over).points;
  const events = (samples: Points, base: Points | undefined): Events => ({
    count: sumOf(samples.values),
    exposure: base ? sumOf(base.values) : samples.values.length,
  });
  const before = events(points.before, exposed?.before);
  const after = events(points.after, exposed?.after);
  const whole = [points.before, points.after].every(({ values }) =>
    values.every((value) => value >= 0 && Number.isSafeInteger(value)),
  );
  if (!whole || !(before.exposure > 0) || !(after.exposure > 0)) return undefined;
  const n = before.count + after.count;
  if (!Number.isSafeInteger(n)) return undefined;
  const measured: Measured = {
    design: "rate",
    scale: "rate",
    n,
    nEff: n,
    dropped: droppedOf({
      suspect: given.before.suspect + given.after.suspect,
      missing: given.before.missing + given.after.missing,
      cell_in_one_period: dropped,
    }),
    warnings: over ? [] : ["exposure_is_samples"],
  };
  if (n === 0) return { ...measured, lacking: { reason: "no_events", needed: 1 } };
  const { ratio, p, interval } = compareRates(before, after);
  const percent = (value: number): number => 100 * (value - 1);
  return {
    ...measured,
    effect: {
      percent: percent(ratio),
      p,
      interval: (level) => {
        const { low, high } = interval(level);
        return { low: percent(low), high: percent(high) };
      },
    },
  };
}
