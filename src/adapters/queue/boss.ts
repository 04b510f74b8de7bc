import PgBoss from "pg-boss";
import { type Metrics, noMetrics } from "../../domain/metrics.js";
import type { Logger, SqlRunner } from "../../domain/ports.js";

export type Boss = PgBoss;

/** What a queue is made with. */
export interface QueueDefinition {
  name: string;
  deadLetter: string;
  retryLimit: number;
  retryDelay: number;
  expireInSeconds: number;
}

const MAINTENANCE_S = 5;

export interface BossOptions {
  run: SqlRunner;
  logger: Logger;
  metrics?: Pick<Metrics, "queueFailure">;
  /** Whether this process looks for jobs whose worker died. */
  supervise: boolean;
  /** Whether it may change pg-boss's tables. */
  migrate: boolean;
}

/** pg-boss on our own connection: its schema `pgboss` lies beside our tables, in the same transactions. */
export function createBoss({ run, logger, metrics = noMetrics, supervise, migrate }: BossOptions): PgBoss {
  const boss = new PgBoss({
    db: { executeSql: async (text: string, values?: unknown[]) => (await run(text, values)) as never },
    supervise,
    migrate,
    schedule: false,
    maintenanceIntervalSeconds: MAINTENANCE_S,
    archiveCompletedAfterSeconds: 3600,
    deleteAfterDays: 7,
    // However long no worker comes: what is dropped here is a task that nobody ever ends.
    retentionDays: 3650,
  });
  // An event without a listener would end the process.
  boss.on("error", (error) => {
    metrics.queueFailure("upkeep");
    logger.warn({ err: error }, "the job queue's upkeep failed");
  });
  return boss;
}

/** Brings the queue's tables up to date. One process at a time, please: pg-boss itself does not see to that. */
export async function migrateQueue(run: SqlRunner, logger: Logger, queue: QueueDefinition): Promise<void> {
  const boss = createBoss({ run, logger, supervise: false, migrate: true });
  await boss.start();
  const { name, deadLetter, retryLimit, retryDelay, expireInSeconds } = queue;
  // The dead-letter queue has to be there first.
  await boss.createQueue(deadLetter);
  const options = { deadLetter, retryLimit, retryDelay, retryBackoff: true, expireInSeconds };
  await boss.createQueue(name, { name, ...options });
  await boss.updateQueue(name, { name, ...options });
  await boss.stop({ graceful: false });
}
