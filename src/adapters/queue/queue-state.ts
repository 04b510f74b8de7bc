import type { QueueState } from "../../domain/metrics.js";
import type { SqlRunner } from "../../domain/ports.js";

/** How full queues are, by the database's clock. A queue that is empty is told as well. */
export async function readQueueStates(run: SqlRunner, queues: readonly string[]): Promise<QueueState[]> {
  const { rows } = await run(
    `select name,
       count(*) filter (where state = 'retry' or state = 'created' and start_after <= now())::int as waiting,
       count(*) filter (where state = 'created' and start_after > now())::int as put_off,
       count(*) filter (where state = 'active')::int as active,
       coalesce(extract(epoch from now() - min(greatest(created_on, start_after))
         filter (where state in ('created', 'retry') and start_after <= now())), 0)::float8 as lag
     from pgboss.job where name = any($1::text[]) and state in ('created', 'retry', 'active') group by name`,
    [queues],
  );
  const known = new Map(rows.map((row) => [String(row.name), row]));
  return queues.map((queue) => {
    const { waiting = 0, put_off = 0, active = 0, lag = 0 } = known.get(queue) ?? {};
    const counts = { waiting: Number(waiting), putOff: Number(put_off), active: Number(active) };
    return { queue, ...counts, lag: Number(lag) };
  });
}
