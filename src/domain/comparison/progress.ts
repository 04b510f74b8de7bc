import { sql } from "drizzle-orm";
import { announceTaskOf } from "../../db/changes.js";
import { pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";
import { revisedEnd } from "../task/estimate.js";

/**
 * What is done when a stage is reached, in percent of the time: between what half a million samples take with a quick
 * service, nearly all of it for sending them (7, 79, 90, 97), and with a slow one, nearly all of it for computing.
 * Between `sent` and `computed` the analysis service says how far it is.
 */
export const STAGES = { loaded: 5, sent: 35, computed: 85, checked: 95 } as const;

/** Watchers see no more steps than these. */
const WRITE_EVERY_MS = 200;

export interface Progress {
  /** Notes that a stage is reached. */
  reach(stage: keyof typeof STAGES): void;
  /** Notes what the analysis service says. */
  compute(share: number): void;
  /** Nothing is written from now on. */
  stop(): void;
}

/** Writes the progress of an attempt, as long as it is the one that counts; never backwards. */
export function createProgress(services: Services, taskId: string, attemptToken: string): Progress {
  let reached = 0;
  let written = 0;
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  let stopped = false;

  const write = () => {
    timer = undefined;
    if (stopped || reached <= written) return;
    written = reached;
    last = performance.now();
    const { id, status, progress, version, attemptToken: token } = pegComparisonTasks;
    services.db
      .update(pegComparisonTasks)
      .set({
        progress: written,
        version: sql`${version} + 1`,
        updatedAt: sql`now()`,
        estimatedCompletion: revisedEnd(written),
      })
      .where(sql`${token} = ${attemptToken} and ${status} = 'PROCESSING' and ${progress} < ${written}`)
      .returning({ told: announceTaskOf(sql`${id}`) })
      // The next step says it again.
      .catch((error: unknown) =>
        services.logger.debug({ err: error, task_id: taskId }, "progress was not noted"),
      );
  };
  const note = (percent: number) => {
    reached = Math.max(reached, Math.min(99, Math.floor(percent)));
    const wait = Math.max(0, last + WRITE_EVERY_MS - performance.now());
    if (stopped || reached <= written || timer) return;
    if (wait === 0) write();
    else timer = setTimeout(write, wait);
  };
  return {
    reach: (stage) => note(STAGES[stage]),
    compute: (share) => note(STAGES.sent + (STAGES.computed - STAGES.sent) * Math.min(1, Math.max(0, share))),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
