import { LRUCache } from "lru-cache";
import type { Grant } from "../../contract/permissions.js";

const MAX_STANDINGS = 50_000;

/** What is true of a user and an analysis, as read from Postgres. */
export interface AnalysisStanding {
  grants: readonly Grant[];
  /** Undefined where there is no such analysis. */
  analysis: { revision: string; dataVersion: number } | undefined;
}

/** Standings of this process, each under the generation that it was read in. */
export class StandingCache {
  readonly #held = new LRUCache<string, { generation: string; standing: AnalysisStanding }>({
    max: MAX_STANDINGS,
  });

  get(userId: string, analysisId: string, generation: string): AnalysisStanding | undefined {
    const held = this.#held.get(key(userId, analysisId));
    return held?.generation === generation ? held.standing : undefined;
  }

  put(userId: string, analysisId: string, generation: string, standing: AnalysisStanding): void {
    this.#held.set(key(userId, analysisId), { generation, standing });
  }
}

/** Analysis ids hold no slash, so the two cannot run into each other. */
function key(userId: string, analysisId: string): string {
  return `${analysisId}/${userId}`;
}
