// Without a schema library, which a page would load for these alone.

/** In UTF-16 units. */
export const MAX_LABEL = 255;
/** Names are free text, but no control characters or halves of characters: they end up in tables and logs. */
export const LABEL = /^[^\p{Cc}\p{Cs}]+$/u;

/** Whether a text may name a KPI or a cell. */
export function isLabel(text: string): boolean {
  return text.length <= MAX_LABEL && LABEL.test(text);
}

export const PERIODS = ["N-1", "N"] as const;

/** Which way a KPI should go. */
export const DIRECTIONS = ["higher_is_better", "lower_is_better", "neutral"] as const;
