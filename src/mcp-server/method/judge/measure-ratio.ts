import { effectiveSize } from "./effective-size.js";
import type { Frame } from "./frame.js";
import { layOut } from "./layout.js";
import { effectFrom, leftOf, paired, TOO_LARGE, unpaired } from "./measure-level.js";
import { droppedOf, type Measured, withLack } from "./measured.js";
import type { PegInput } from "./peg-input.js";
import { type PooledRatio, pooledRatio } from "./pooled-ratio.js";
import { lackOf, usableOf } from "./quality-gate.js";
import { type Both, commonCells, isTimed } from "./samples-of.js";
import { scratchFloats } from "./scratch.js";
import type { SlotReadings } from "./shared-slots.js";
import { variabilityOf } from "./variability.js";

/**
 * A ratio by its parts: sums over sums of the cells and slots that have both, and of what each slot adds to the error
 * of that, the same interval as of a level.
 *
 * @returns undefined where the parts have no times: nothing tells which numerator is of which denominator
 */
export function measureRatio({ parts }: PegInput, frame: Frame): Measured | undefined {
  if (!parts || !isTimed(parts.numerators) || !isTimed(parts.denominators)) return undefined;
  const { series: shared, dropped: otherCells } = commonCells([parts.numerators, parts.denominators]);
  const layout = layOut(shared, frame);
  const { design, before, after } = layout;
  const both = [parts.numerators, parts.denominators].flatMap((part) => [part.before, part.after]);
  const usable = usableOf(layout);
  const measured: Measured = {
    design,
    scale: "pooled",
    n: Math.min(usable.before, usable.after),
    nEff: 0,
    dropped: droppedOf({
      suspect: both.reduce((sum, { suspect }) => sum + suspect, 0),
      missing: both.reduce((sum, { missing }) => sum + missing, 0),
      cell_in_one_period: otherCells,
      clock_change: layout.clockChange,
      no_partner: layout.unmatched,
    }),
    warnings: design === "unpaired" ? ["misaligned_periods"] : [],
  };
  const lack = lackOf(usable, layout.expected);
  if (lack) return withLack(measured, lack);
  const [n1, n] = [pool(before), pool(after)];
  if (!n1 || !n) return { ...measured, lacking: { reason: "no_denominator" } };

  const series: Both<Float64Array> = { before: shifted(n1), after: shifted(n) };
  const { estimate, nEff } = design === "unpaired" ? unpaired(series, effectiveSize) : paired(series);
  const effect = effectFrom(estimate, Math.abs(n1.ratio));
  if (!effect) return { ...measured, lacking: TOO_LARGE };
  return {
    ...measured,
    nEff,
    effect,
    variability: variabilityOf(leftOf({ before: n1.residuals, after: n.residuals }, layout), effectiveSize),
  };
}

function pool({ starts, columns }: SlotReadings): PooledRatio | undefined {
  const [numerators, denominators] = columns.map(({ sums }) => slotSums(sums, starts));
  return numerators && denominators && pooledRatio({ numerators, denominators });
}

function slotSums(sums: Float64Array, starts: Uint32Array): Float64Array {
  const totals = scratchFloats(starts.length - 1);
  for (let slot = 0; slot < totals.length; slot++) {
    let total = 0;
    for (let i = starts[slot] as number; i < (starts[slot + 1] as number); i++) total += sums[i] as number;
    totals[slot] = total;
  }
  return totals;
}

/** A series whose mean is the ratio and whose scatter is that of its error. */
function shifted({ ratio, residuals: errors }: PooledRatio): Float64Array {
  return errors.map((error) => ratio + error);
}
