import { type JudgeSentence, type JudgeVerdict, VERDICTS } from "../../../contract/judge.js";
import { decimalsFor } from "../../../contract/numbers.js";
import { VERDICT_WORDS } from "../../../contract/verdict-words.js";
import { type Language, put } from "../../../contract/words.js";
import type { Interval } from "./estimate.js";
import { SETTINGS } from "./settings.js";

const VERDICT_EN: Record<JudgeVerdict, string> = {
  improved: "Improved",
  declined: "Declined",
  minor: "A minor change",
  stable: "Stable",
  inconclusive: "Cannot tell",
  insufficient_data: "Not enough data",
  changed: "Changed",
  unchanged: "Unchanged",
};
const VERDICT_KO: Record<JudgeVerdict, string> = {
  improved: "개선",
  declined: "저하",
  minor: "미미한 변화",
  stable: "유지",
  inconclusive: "판단 불가",
  insufficient_data: "데이터 부족",
  changed: "변화 있음",
  unchanged: "변화 없음",
};

const WHY: Record<string, { en: string; ko: string }> = {
  significant_beyond_band: {
    en: "more than noise, and at least the band of {band} %",
    ko: "우연으로 보기 어렵고 허용 범위 {band}% 이상입니다",
  },
  significant_inside_band: {
    en: "more than noise, but less than the band of {band} %",
    ko: "우연으로 보기 어렵지만 허용 범위 {band}%보다 작습니다",
  },
  equivalent_within_band: {
    en: "any change is within the band of {band} %",
    ko: "변화가 있더라도 허용 범위 {band}% 안입니다",
  },
  one_of_many_pegs: {
    en: "alone it would stand out, but among so many PEGs chance makes some do so",
    ko: "단독으로는 두드러지지만 PEG가 많으면 우연히 그런 것이 나옵니다",
  },
  interval_too_wide: {
    en: "the samples scatter too much for the band of {band} %",
    ko: "허용 범위 {band}%로 판단하기에는 표본의 흩어짐이 큽니다",
  },
};

const LACKING: Record<string, { en: string; ko: string }> = {
  too_few_samples: {
    en: "{n} usable, at least {needed} more are needed",
    ko: "사용 가능한 표본 {n}개, 최소 {needed}개가 더 필요합니다",
  },
  low_coverage: {
    en: "{n} usable, {needed} more are needed to cover 80 % of the period",
    ko: "사용 가능한 표본 {n}개, 기간의 80%를 채우려면 {needed}개가 더 필요합니다",
  },
  part_absent: {
    en: "its definition refers to {part}, which has no samples",
    ko: "정의가 참조하는 {part}에 표본이 없습니다",
  },
  no_common_cells: { en: "no cell was measured in both periods", ko: "두 기간 모두 측정된 셀이 없습니다" },
  no_denominator: { en: "the denominators sum to nothing", ko: "분모의 합이 0입니다" },
  exposure_unmatched: {
    en: "its events and what they happened on are not of the same samples",
    ko: "발생 건수와 그 모수의 표본이 서로 맞지 않습니다",
  },
  no_events: { en: "no event in either period", ko: "두 기간 모두 발생 건수가 없습니다" },
  too_large_for_a_double: { en: "the numbers are too large", ko: "값이 너무 큽니다" },
};
const FROM_ZERO = {
  en: "its level before was 0, so there is no percentage",
  ko: "이전 수준이 0이므로 백분율이 없습니다",
};
const OTHERWISE = { en: "nothing to compare", ko: "비교할 것이 없습니다" };

export function foundSentence(
  verdict: JudgeVerdict,
  reason: string,
  { percent, interval, band }: { percent: number; interval: Interval; band: number },
): JudgeSentence {
  const why = WHY[reason] ?? OTHERWISE;
  const { low, high } = interval;
  const isBounded = Number.isFinite(low) || Number.isFinite(high);
  const decimals = decimalsFor(band, percent);
  const [from, to] = [signed(low, decimals), signed(high, decimals)];
  const range = {
    en: isBounded ? ` (95 % interval ${from} to ${to} %)` : "",
    ko: isBounded ? ` (95% 구간 ${from} ~ ${to}%)` : "",
  };
  const told = signed(percent, decimals);
  const change = Number.isFinite(percent) ? { en: `${told} %`, ko: `${told}%` } : FROM_ZERO;
  return {
    en: `${VERDICT_EN[verdict]}: ${change.en}${range.en}; ${put(why.en, { band })}.`,
    ko: `${VERDICT_KO[verdict]}: ${change.ko}${range.ko}. ${put(why.ko, { band })}.`,
  };
}

export function lackingSentence(
  reason: string,
  { n, needed = 0, part = "" }: { n: number; needed?: number | undefined; part?: string | undefined },
): JudgeSentence {
  const why = LACKING[reason] ?? OTHERWISE;
  const values = { n, needed, part };
  const fill = (text: string) => put(text, values);
  return {
    en: `${VERDICT_EN.insufficient_data}: ${fill(why.en)}.`,
    ko: `${VERDICT_KO.insufficient_data}: ${fill(why.ko)}.`,
  };
}

const OVERALL: Record<string, { en: string; ko: string }> = {
  critical_declined: { en: "a critical PEG declined", ko: "중요 PEG가 저하되었습니다" },
  weighted_beyond_band: {
    en: "the weighted change is more than noise",
    ko: "가중 변화가 우연으로 보기 어렵습니다",
  },
  weighted_inside_band: {
    en: "the weighted change is more than noise, but small",
    ko: "가중 변화가 우연으로 보기 어렵지만 작습니다",
  },
  weighted_equivalent: { en: "the weighted change is small", ko: "가중 변화가 작습니다" },
  interval_too_wide: { en: "the weighted change may be noise", ko: "가중 변화가 우연일 수 있습니다" },
  no_peg_improved: {
    en: "the weighted change is more than noise, but no PEG improved by itself",
    ko: "가중 변화가 우연으로 보기 어렵지만, 단독으로 개선된 PEG가 없습니다",
  },
  no_peg_declined: {
    en: "the weighted change is more than noise, but no PEG declined by itself",
    ko: "가중 변화가 우연으로 보기 어렵지만, 단독으로 저하된 PEG가 없습니다",
  },
  nothing_weighed: {
    en: "nothing can be weighed, neutral PEGs and changes from 0 being left out",
    ko: "중립 PEG와 0에서의 변화를 빼면 가중할 것이 없습니다",
  },
  nothing_tested: { en: "no PEG could be tested", ko: "검정할 수 있는 PEG가 없습니다" },
};

/** @param tested and those of them that are judged and not weighed: the verdicts on PEGs */
export function overallSentence(
  verdict: JudgeVerdict,
  reason: string,
  {
    weighted,
    tested,
    unweighed,
  }: {
    weighted: { percent: number; low: number; high: number } | undefined;
    tested: readonly JudgeVerdict[];
    unweighed: readonly JudgeVerdict[];
  },
): JudgeSentence {
  const why = OVERALL[reason] ?? OTHERWISE;
  const [en, ko] = [VERDICT_EN[verdict], VERDICT_KO[verdict]];
  if (!weighted) {
    const [countsEn, countsKo] = [counted(tested, "en"), counted(tested, "ko")];
    return {
      en: `${en}: ${why.en}${countsEn && `: ${countsEn}`}.`,
      ko: `${ko}: ${why.ko}${countsKo && `: ${countsKo}`}.`,
    };
  }
  const { percent, low, high } = weighted;
  const shown = signed(percent, decimalsFor(SETTINGS.overallBandPercent, percent));
  const rest = { en: counted(unweighed, "en"), ko: counted(unweighed, "ko") };
  return {
    en: `${en}: ${why.en} (${shown} %, interval ${signed(low)} to ${signed(high)} %)${rest.en && `; not weighed: ${rest.en}`}.`,
    ko: `${ko}: ${why.ko} (${shown}%, 구간 ${signed(low)} ~ ${signed(high)}%).${rest.ko && ` 가중 제외: ${rest.ko}.`}`,
  };
}

/** How many there are of each verdict, `2 declined, 1 changed`. */
function counted(verdicts: readonly JudgeVerdict[], language: Language): string {
  return VERDICTS.flatMap((verdict) => {
    const count = verdicts.filter((one) => one === verdict).length;
    const word = VERDICT_WORDS[verdict][language];
    if (count === 0) return [];
    return [language === "en" ? `${count} ${word}` : `${word} ${count}`];
  }).join(", ");
}

function signed(value: number, decimals = 1): string {
  if (!Number.isFinite(value)) return value > 0 ? "+∞" : "-∞";
  const text = Math.abs(value) < 1e6 ? value.toFixed(decimals) : value.toExponential(1);
  if (Number(text) === 0) return text.replace("-", "");
  return value > 0 ? `+${text}` : text;
}
