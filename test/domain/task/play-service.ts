import { verbatim } from "../../../src/contract/words.js";
import type { ComputedComparison } from "../../../src/domain/comparison/computed-comparison.js";
import { PegError } from "../../../src/domain/errors.js";
import type { AnalysisService, ComparisonRequest } from "../../../src/domain/ports.js";
import { comparisonOf } from "../fixtures.js";

/** What becomes of one call. */
export type Play = (request: ComparisonRequest, signal?: AbortSignal) => Promise<ComputedComparison>;

/** An analysis service that does what a test says; else it answers with the number of the call. */
export interface PlayService extends AnalysisService {
  /** Analyses that were asked for, in order. */
  readonly asked: string[];
  /** The next calls, one each. */
  script(...plays: Play[]): void;
  /** Whether it is left alone, as after many failures. */
  leftAlone: boolean;
}

const LEFT_ALONE = new PegError("MCP_CONNECTION_FAILED", verbatim("Left alone."), {
  retryAfter: 5,
  untried: true,
});

export function createPlayService(): PlayService {
  const asked: string[] = [];
  let plays: Play[] = [];
  const service: PlayService = {
    asked,
    leftAlone: false,
    script: (...next) => {
      plays = next;
    },
    compare: async (request, signal) => {
      const number = asked.push(request.analysisId);
      const play = plays.shift();
      return play ? play(request, signal) : comparisonOf(number);
    },
    check: () => {
      if (service.leftAlone) throw LEFT_ALONE;
    },
    state: () => (service.leftAlone ? "open" : "closed"),
    close: async () => {},
  };
  return service;
}

/** A promise, and how it is kept. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Looks again and again until something is there. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let turn = 0; turn < 6_000; turn++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}
