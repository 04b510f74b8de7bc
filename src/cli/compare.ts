import type { Command } from "commander";
import { CommandError } from "./command-error.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { formatComparison } from "./format-comparison.js";

export function addCompare(program: Command, env: NodeJS.ProcessEnv): void {
  withConnectOptions(program.command("compare"))
    .description("compare the two periods of an analysis: a table on a terminal, JSON in a pipe")
    .argument("<id>", "the analysis")
    .option("--json", "JSON on a terminal too")
    .action(async (id: string, options: ConnectOptions & { json?: boolean }) => {
      const { client, close } = await connect(env, options);
      try {
        const answer = await client.pegComparison.get.query({ id });
        if (options.json || !process.stdout.isTTY) {
          process.stdout.write(`${JSON.stringify(answer)}\n`);
        } else if (answer.status === "COMPLETED") {
          process.stdout.write(
            `${formatComparison(answer, { color: !env.NO_COLOR, columns: process.stdout.columns })}\n`,
          );
        } else {
          throw new CommandError(`The comparison is not there yet: it is ${answer.status}. Try again soon.`);
        }
      } finally {
        await close();
      }
    });
}
