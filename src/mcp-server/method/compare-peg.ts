import type { z } from "zod";
import type { wirePegResult } from "../../contract/mcp-protocol.js";
import type { SkipReason } from "../../contract/skip-reasons.js";
import { put } from "../../contract/words.js";
import { changeBetween } from "./change.js";
import { confidenceOf } from "./confidence.js";
import { dataQualityOf, evidenceOf } from "./data-quality.js";
import type { Peg } from "./pegs.js";
import { type OutlierPolicy, periodStatisticsOf } from "./period-statistics.js";
import { ALL_CELLS, joinCells } from "./samples.js";
import { significanceOf } from "./significance.js";
import { trendOf } from "./trend.js";

/** A compared PEG as it goes over the wire: times are ISO 8601 text. */
export type WirePeg = z.input<typeof wirePegResult>;

/** Why a PEG has no comparison. */
export interface Skipped {
  reason: string;
}

/** @param calculatedAt ISO 8601 text */
export function comparePeg(peg: Peg, policy: OutlierPolicy, calculatedAt: string): WirePeg | Skipped {
  const emptiness = whyEmpty(peg);
  if (emptiness !== undefined) return { reason: emptiness };

  const n1 = periodStatisticsOf(peg.n1, policy);
  const n = periodStatisticsOf(peg.n, policy);
  const change = changeBetween(n1.avg, n.avg);
  // A clamped number would be a wrong one, and JSON has no infinity.
  if (![n1.rsd, n.rsd, change.absolute, change.percent].every(Number.isFinite)) {
    return { reason: "the change or the RSD is too large for a double" satisfies SkipReason };
  }
  const evidence = evidenceOf(n1, n);
  return {
    peg_name: peg.name,
    weight: peg.weight,
    n1_period: n1,
    n_period: n,
    comparison: {
      change_percent: change.percent,
      change_absolute: change.absolute,
      trend: trendOf(change.percent),
      significance: significanceOf(change.percent),
      confidence: confidenceOf(evidence, change.percent),
      ...(change.note && { note: change.note }),
    },
    metadata: {
      cell_id: joinCells(peg.n1.cell, peg.n.cell) ?? ALL_CELLS,
      calculated_at: calculatedAt,
      data_quality: dataQualityOf(evidence),
    },
  };
}

/** Why a period has no samples; undefined where both have some. */
function whyEmpty({ absent, n1, n }: Peg): string | undefined {
  const n1Empty = n1.values.length === 0;
  const nEmpty = n.values.length === 0;
  if (!n1Empty && !nEmpty) return undefined;
  if (absent !== undefined)
    return put("its formula refers to {peg}, which has no samples" satisfies SkipReason, { peg: absent });
  const where = n1Empty && nEmpty ? "either period" : n1Empty ? "period N-1" : "period N";
  const dropped = (n1Empty && n1.dropped) || (nEmpty && n.dropped);
  const what = dropped ? "no sample could be computed" : "no samples";
  return `${what} in ${where}` satisfies SkipReason;
}
