import { and, eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { pegComparisonTasks, userAnalysisPermissions } from "../../../src/db/schema.js";
import { PegError } from "../../../src/domain/errors.js";
import { startTask } from "../../../src/domain/task/start-task.js";
import { type TaskEvent, watchComparison } from "../../../src/domain/task/watch-comparison.js";
import { contextOf, DATABASES, storeAnalysis } from "../fixtures.js";
import { createPlayService, gate } from "./play-service.js";

const LATER = 77;

test("a stream tells nothing that was written after the permission had ended", async () => {
  const service = createPlayService();
  const held = gate();
  service.script(async () => {
    await held.opened;
    throw new Error("nobody waits for it");
  });
  const embedded = DATABASES.find(({ kind }) => kind === "PGlite");
  if (!embedded) throw new Error("every machine has it");
  const world = await embedded.open(service);
  try {
    const { services, db } = world;
    const key = await storeAnalysis(services);
    const task = await startTask(services, key, "request");
    if (!task) throw new Error("it is stored already");
    const ctx = contextOf(services);
    const { userId } = ctx.actor;

    // The clock is read between two statements of the stream; these come in between, in this order.
    let written: Promise<unknown> | undefined;
    const interrupt = () => {
      const permission = and(
        eq(userAnalysisPermissions.analysisId, key.analysisId),
        eq(userAnalysisPermissions.userId, userId),
      );
      written ??= Promise.all([
        db.delete(userAnalysisPermissions).where(permission).execute(),
        db
          .update(pegComparisonTasks)
          .set({ progress: LATER, version: sql`${pegComparisonTasks.version} + 1` })
          .where(eq(pegComparisonTasks.id, task.id))
          .execute(),
      ]);
      return Date.now();
    };
    const told: TaskEvent[] = [];
    const watching = async () => {
      const watched = { ...ctx, services: { ...services, clock: { now: interrupt } } };
      const input = { id: key.analysisId };
      for await (const event of watchComparison({ ctx: watched, input, signal: AbortSignal.timeout(20_000) }))
        told.push(event);
    };
    await expect(watching()).rejects.toSatisfy(
      (error) => error instanceof PegError && error.code === "PERMISSION_DENIED",
    );
    await written;
    expect(told.map(({ state }) => state.progress)).not.toContain(LATER);
  } finally {
    held.open();
    await world.close();
  }
});
