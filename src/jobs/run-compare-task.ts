import type { Services } from "../domain/context.js";
import { PutOff } from "../domain/errors.js";
import type { JobRun } from "../domain/ports.js";
import { giveUpTask } from "../domain/task/give-up-task.js";
import { runTask } from "../domain/task/run-task.js";
import type { RunningSpan } from "../domain/tracing.js";
import { COMPARE_TASK } from "./compare-task.js";

const AGAIN_S = 30;

export async function runCompareTask(services: Services, { data, ...about }: JobRun): Promise<void> {
  const { traceparent, ...job } = COMPARE_TASK.payload.parse(data);
  const run = () =>
    services.tracing.span("job compare", { last: about.last }, (span) =>
      notPutOff(span, runTask(services, { ...job, ...about })),
    );
  const putOff = await services.tracing.continue(traceparent, run);
  if (putOff) throw putOff;
}

/** To put off is no failure, which a span would make of it. */
async function notPutOff(span: RunningSpan, work: Promise<void>): Promise<PutOff | undefined> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof PutOff)) throw error;
    span.set({ put_off: error.reason });
    return error;
  }
  return undefined;
}

export async function giveUpCompareTask(services: Services, { data }: JobRun): Promise<void> {
  const { traceparent, ...job } = COMPARE_TASK.payload.parse(data);
  const run = () =>
    services.tracing.span("job give up", {}, (span) => notPutOff(span, giveUpTask(services, job)));
  const putOff = await services.tracing.continue(traceparent, run).catch((error: unknown) => {
    // Nothing comes after it: it must not run out of runs.
    services.logger.warn({ err: error, task_id: job.taskId }, "a task could not be given up yet");
    return new PutOff(AGAIN_S, "failed");
  });
  if (putOff) throw putOff;
}
