import { LRUCache } from "lru-cache";
import type { Grant } from "../../contract/permissions.js";

const MAX_ANALYSES = 10_000;
const MAX_USERS = 1_000;

/** What is true of a user and an analysis, as read from Postgres. */
export interface AnalysisStanding {
  grants: readonly Grant[];
  /** Undefined where there is no such analysis. */
  analysis: { revision: string; dataVersion: number } | undefined;
}

interface Held {
  generation: string;
  standing: AnalysisStanding;
}

/** Standings of this process, by analysis and user, each under the generation that it was read in. */
export class StandingCache {
  readonly #held = new LRUCache<string, Map<string, Held>>({ max: MAX_ANALYSES });
  #drops = 0;

  get(userId: string, analysisId: string, generation: string): AnalysisStanding | undefined {
    const held = this.#held.get(analysisId)?.get(userId);
    return held?.generation === generation ? held.standing : undefined;
  }

  /** To be taken before a standing is read, and handed to `put`. */
  mark(): number {
    return this.#drops;
  }

  /** Keeps a standing, unless something was dropped since it was read: it might have been this. */
  put(userId: string, analysisId: string, held: Held, mark: number): void {
    if (mark !== this.#drops) return;
    const users = this.#held.get(analysisId) ?? new Map<string, Held>();
    if (users.size >= MAX_USERS) users.clear();
    users.set(userId, held);
    this.#held.set(analysisId, users);
  }

  drop(analysisId: string): void {
    this.#drops++;
    this.#held.delete(analysisId);
  }

  dropAll(): void {
    this.#drops++;
    this.#held.clear();
  }
}
