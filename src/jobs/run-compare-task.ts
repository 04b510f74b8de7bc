import type { Services } from "../domain/context.js";
import type { JobRun } from "../domain/ports.js";
import { giveUpTask } from "../domain/task/give-up-task.js";
import { runTask } from "../domain/task/run-task.js";
import { COMPARE_TASK } from "./compare-task.js";

export async function runCompareTask(services: Services, { data, last, signal }: JobRun): Promise<void> {
  await runTask(services, { ...COMPARE_TASK.payload.parse(data), last, signal });
}

export async function giveUpCompareTask(services: Services, { data }: JobRun): Promise<void> {
  await giveUpTask(services, COMPARE_TASK.payload.parse(data));
}
