import type { PegComparisonStatusInput, PegComparisonStatusOutput } from "../../contract/comparison.js";
import type { VerbContext } from "../context.js";
import { describeTask, readTask, taskNotFound } from "./task-state.js";

/**
 * How far a comparison is: the task that is named, else the newest of the analysis.
 *
 * @throws PegError TASK_NOT_FOUND, also for a task of another analysis
 */
export async function getStatus({
  ctx,
  input,
}: {
  ctx: VerbContext;
  input: PegComparisonStatusInput;
}): Promise<PegComparisonStatusOutput> {
  const task = await readTask(ctx.services.db, input.id, input.task_id);
  if (!task) throw taskNotFound();
  return describeTask(task, ctx.language, ctx.services.clock.now());
}
