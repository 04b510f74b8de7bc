import type { JudgeVerdict } from "./judge.js";
import type { Language } from "./words.js";

/** What a verdict is called, in sentences, at the terminal and on the page. */
export const VERDICT_WORDS: Record<JudgeVerdict, Record<Language, string>> = {
  improved: { en: "improved", ko: "개선" },
  declined: { en: "declined", ko: "저하" },
  minor: { en: "minor change", ko: "미미한 변화" },
  stable: { en: "stable", ko: "유지" },
  inconclusive: { en: "cannot tell", ko: "판단 불가" },
  insufficient_data: { en: "not enough data", ko: "데이터 부족" },
  changed: { en: "changed", ko: "변화 있음" },
  unchanged: { en: "unchanged", ko: "변화 없음" },
};
