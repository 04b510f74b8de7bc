import type { JudgeVerdict } from "../../../contract/judge.js";
import type { Direction } from "../pegs.js";
import type { Interval } from "./estimate.js";
import { SETTINGS } from "./settings.js";

export interface Finding {
  /** The change, percent of the N-1 level. */
  percent: number;
  /** The 95 % interval, and the 90 % one of two one-sided tests (Schuirmann, 1987). */
  interval: Interval;
  equivalence: Interval;
  p: number;
  q: number;
  band: number;
  direction: Direction;
}

export interface Decision {
  verdict: JudgeVerdict;
  reason: string;
}

export function decide({ percent, interval, equivalence, p, q, band, direction }: Finding): Decision {
  const neutral = direction === "neutral";
  const alone = interval.low > 0 || interval.high < 0;
  if (alone && q <= SETTINGS.alpha) {
    if (Math.abs(percent) < band) {
      return { verdict: neutral ? "unchanged" : "minor", reason: "significant_inside_band" };
    }
    const better = percent > 0 === (direction === "higher_is_better");
    const verdict = neutral ? "changed" : better ? "improved" : "declined";
    return { verdict, reason: "significant_beyond_band" };
  }
  if (equivalence.low > -band && equivalence.high < band) {
    return { verdict: neutral ? "unchanged" : "stable", reason: "equivalent_within_band" };
  }
  // Of an exact test the interval may leave out 0 though p is larger: then it is not for the many that it is not told.
  const among = alone && p <= SETTINGS.alpha;
  return { verdict: "inconclusive", reason: among ? "one_of_many_pegs" : "interval_too_wide" };
}
