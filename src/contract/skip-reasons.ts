import { createTranslator, type Language } from "./words.js";

/** Why a PEG is not compared, as the bundled analysis service says it, and the same in Korean. */
const KOREAN_REASONS = {
  "no samples in period N-1": "N-1 기간에 표본이 없음",
  "no samples in period N": "N 기간에 표본이 없음",
  "no samples in either period": "두 기간 모두 표본이 없음",
  "no sample could be computed in period N-1": "N-1 기간에 계산할 수 있는 표본이 없음",
  "no sample could be computed in period N": "N 기간에 계산할 수 있는 표본이 없음",
  "no sample could be computed in either period": "두 기간 모두 계산할 수 있는 표본이 없음",
  "its formula refers to {peg}, which has no samples": "계산식이 참조하는 {peg}에 표본이 없음",
  "the change or the RSD is too large for a double": "변화량 또는 RSD가 배정밀도 실수의 범위를 넘음",
};

/** A reason with its names still in braces. */
export type SkipReason = keyof typeof KOREAN_REASONS;

const translate = createTranslator(KOREAN_REASONS);

/** A reason in a language. What another analysis service says stays as it is. */
export function tellSkipReason(reason: string, language: Language): string {
  return language === "ko" ? (translate(reason) ?? reason) : reason;
}

const SKIPPED_PEG = /^(PEG ".+"): (.+)$/s;

/** The same where the PEG stands before it, as the details of an error have it. Anything else stays as it is. */
export function tellSkippedPeg(text: string, language: Language): string {
  const [, peg, reason] = SKIPPED_PEG.exec(text) ?? [];
  return peg === undefined || reason === undefined ? text : `${peg}: ${tellSkipReason(reason, language)}`;
}
