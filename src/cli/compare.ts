import type { Command } from "commander";
import type { PegClient } from "../client/index.js";
import type { CompletedComparison, PegComparisonStatusOutput } from "../contract/comparison.js";
import { CommandError } from "./command-error.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { formatComparison } from "./format-comparison.js";
import { createProgressBar } from "./progress-bar.js";
import type { Say } from "./words.js";

interface CompareOptions extends ConnectOptions {
  json?: boolean;
  async?: boolean;
}

export function addCompare(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withConnectOptions(program.command("compare"), say)
    .description(say("compare the two periods of an analysis: a table on a terminal, JSON in a pipe"))
    .argument("<id>", say("the analysis"))
    .option(
      "--async",
      say("start a task and watch it: a progress bar on a terminal; for comparisons that take long"),
    )
    .option("--json", say("JSON on a terminal too"))
    .action(async (id: string, options: CompareOptions) => {
      const { client, close } = await connect(env, options, say);
      try {
        const answer = await compare(client, id, options.async ?? false, say);
        if (options.json || !process.stdout.isTTY) {
          process.stdout.write(`${JSON.stringify(answer)}\n`);
        } else {
          process.stdout.write(
            `${formatComparison(answer, { say, color: !env.NO_COLOR, columns: process.stdout.columns })}\n`,
          );
        }
      } finally {
        await close();
      }
    });
}

/** Data may be replaced while a task is watched, and what is asked then is another task: so many are watched. */
const MOST_TASKS = 5;

/**
 * Also a comparison that takes too long to be waited for turns into a task, which is then watched.
 *
 * @throws CommandError where its task failed, or the data changed again and again
 */
export async function compare(
  client: PegClient,
  id: string,
  async: boolean,
  say: Say,
): Promise<CompletedComparison> {
  let answer = await client.pegComparison.get.query({ id, async });
  for (let tasks = 0; answer.status !== "COMPLETED" && tasks < MOST_TASKS; tasks++) {
    await watchTask(client, id, answer.task_id, say);
    answer = await client.pegComparison.get.query({ id });
  }
  if (answer.status === "COMPLETED") return answer;
  const { status } = answer;
  throw new CommandError((say) => say("The comparison is {status}.", { status }));
}

/** @throws CommandError where the task failed */
function watchTask(client: PegClient, id: string, task_id: string, say: Say): Promise<void> {
  const bar = createProgressBar(process.stderr);
  return new Promise<void>((resolve, reject) => {
    client.pegComparison.watch.subscribe(
      { id, task_id },
      {
        onData: ({ data: { status, progress, estimated_completion: end, error } }) => {
          bar.update(progress, 100, stateText(status, end, say));
          if (status === "COMPLETED") resolve();
          // Its data was replaced: what is asked for next is of the new.
          if (status === "FAILED" && error?.code === "CONFLICT") resolve();
          else if (status === "FAILED") reject(new CommandError(() => `${error?.message} (${error?.code})`));
        },
        onError: reject,
        onComplete: resolve,
      },
    );
  }).finally(() => bar.end());
}

const STATES = { PENDING: "pending", COMPLETED: "completed", FAILED: "failed" } as const;

function stateText(status: PegComparisonStatusOutput["status"], end: Date | null, say: Say): string {
  if (status !== "PROCESSING") return say(STATES[status]);
  const seconds = end === null ? 0 : Math.ceil((end.getTime() - Date.now()) / 1000);
  return seconds > 0 ? say("processing, about {seconds} s left", { seconds }) : say("processing");
}
