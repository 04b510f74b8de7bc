import { sql } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";

/** Finished tasks that are looked at, and of these the nearest in size. */
const RECENT = 200;
const NEAREST = 15;

/**
 * When a comparison that begins now will be there: now, and the median of what the finished ones nearest in size
 * took. A larger one is expected to take longer in proportion; a smaller one not shorter, since some of the time
 * does not depend on size. Null where none has finished yet.
 *
 * @param rows of the analysis
 */
export function expectedEnd(rows: ReturnType<typeof sql>) {
  const seconds = sql`extract(epoch from finished_at - started_at) * greatest(1, ${rows}::float8 / greatest(1, row_count))`;
  const recent = sql`
    select started_at, finished_at, row_count from ${pegComparisonTasks}
    where status = 'COMPLETED' and started_at is not null and row_count is not null and finished_at is not null
    order by finished_at desc limit ${RECENT}`;
  return sql<Date | null>`(
    select now() + make_interval(secs => percentile_cont(0.5) within group (order by seconds))
    from (
      select ${seconds} as seconds from (${recent}) as recent
      order by abs(ln(greatest(1, row_count)::float8 / greatest(1, ${rows}::float8))) limit ${NEAREST}
    ) as nearest)`;
}

/**
 * The expectation of a task that runs: what it was, until that has passed; then what its progress says.
 *
 * @param progress percent
 */
export function revisedEnd(progress: number) {
  const { estimatedCompletion: expected, startedAt } = pegComparisonTasks;
  if (progress <= 0) return sql`${expected}`;
  const left = (100 - progress) / progress;
  return sql`case when ${expected} < now() then now() + (now() - ${startedAt}) * ${left}::float8 else ${expected} end`;
}
