import type PgBoss from "pg-boss";
import type { JobQueue } from "../../domain/ports.js";
import type { QueueDefinition } from "./boss.js";

/** Sends jobs through pg-boss. */
export function createJobQueue(
  boss: PgBoss,
  { name: queue, deadLetter }: Pick<QueueDefinition, "name" | "deadLetter">,
): JobQueue {
  return {
    async send(run, job) {
      const db = {
        executeSql: async (text: string, values: unknown[]) => (await run(text, values)) as never,
      };
      const sent = await boss.send(queue, job, { id: job.taskId, db });
      if (sent !== null) return true;
      // Null is what it answers for a job that is there, and for a queue that is not.
      const { rows } = await run("select 1 from pgboss.queue where name = $1", [queue]);
      if (!rows.length) throw new Error(`the job queue ${queue} is missing: run peg-bff migrate`);
      return false;
    },
    async clear(run) {
      await run("delete from pgboss.job where name in ($1, $2)", [queue, deadLetter]);
    },
  };
}
