import { sql } from "drizzle-orm";
import { pegComparisonTasks } from "../../db/schema.js";
import type { Services } from "../context.js";

/** @returns seconds since the oldest task without an end was begun, by the database's clock; 0 where each has one */
export async function readOldestTaskAge({ db }: Pick<Services, "db">): Promise<number> {
  const { status, createdAt } = pegComparisonTasks;
  const [oldest] = await db
    .select({ age: sql<number>`coalesce(extract(epoch from now() - min(${createdAt})), 0)::float8` })
    .from(pegComparisonTasks)
    // By its text, for the index of what runs.
    .where(sql`${status} in ('PENDING', 'PROCESSING')`);
  return oldest?.age ?? 0;
}
