import type { Services } from "../domain/context.js";
import { PutOff } from "../domain/errors.js";
import type { JobRun } from "../domain/ports.js";
import { giveUpTask } from "../domain/task/give-up-task.js";
import { runTask } from "../domain/task/run-task.js";
import { COMPARE_TASK } from "./compare-task.js";

const AGAIN_S = 30;

export async function runCompareTask(services: Services, { data, ...about }: JobRun): Promise<void> {
  const { traceparent, ...job } = COMPARE_TASK.payload.parse(data);
  const run = () =>
    services.tracing.span("job compare", { last: about.last }, () => runTask(services, { ...job, ...about }));
  await services.tracing.continue(traceparent, run);
}

export async function giveUpCompareTask(services: Services, { data }: JobRun): Promise<void> {
  const { traceparent, ...job } = COMPARE_TASK.payload.parse(data);
  const run = () => services.tracing.span("job give up", {}, () => giveUpTask(services, job));
  await services.tracing.continue(traceparent, run).catch((error: unknown) => {
    if (error instanceof PutOff) throw error;
    // Nothing comes after it: it must not run out of runs.
    services.logger.warn({ err: error, task_id: job.taskId }, "a task could not be given up yet");
    throw new PutOff(AGAIN_S);
  });
}
