import type { Command } from "commander";
import { isPegError } from "../client/index.js";
import { CommandError } from "./command-error.js";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { describeFailure } from "./describe-failure.js";
import { type FileOptions, readAnyAnalysis, withFileOptions } from "./read-any-analysis.js";
import { type Say, sayCount, sayCounts } from "./words.js";

interface ImportOptions extends ConnectOptions, FileOptions {
  id?: string;
  name?: string;
  dryRun?: boolean;
}

function idTaken(error: unknown): CommandError {
  return new CommandError((say) => `${describeFailure(error, say)}\n${say("Give it another id with --id.")}`);
}

export function addImport(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  withFileOptions(withConnectOptions(program.command("import"), say), say)
    .description(
      say(
        "store an analysis from a file: JSON or CSV (timestamp, cell_id, a column for each KPI), gzipped or not",
      ),
    )
    .argument("<file>")
    .option("--id <id>", say("its id; else that in the file, else a new one"))
    .option("--name <name>", say("its name; else that in the file"))
    .option("--dry-run", say("check the file, and store nothing"))
    .action(async (file: string, options: ImportOptions) => {
      const analysis = {
        ...(await readAnyAnalysis(file, options, say)),
        ...(options.id === undefined ? {} : { id: options.id }),
        ...(options.name === undefined ? {} : { name: options.name }),
      };
      if (options.dryRun) {
        const rows = sayCount(say, analysis.stats.length, "row");
        process.stdout.write(`${say("{file} fits: {rows}. Nothing was stored.", { file, rows })}\n`);
        return;
      }
      const { client, close } = await connect(env, options, say);
      try {
        const created = await client.analysis.create.mutate(analysis).catch((error: unknown) => {
          throw isPegError(error, "CONFLICT") ? idTaken(error) : error;
        });
        if (process.stdout.isTTY) {
          const { id } = created;
          const lines = [
            say("Stored {id}: {rows} of {pegs} in {cells}.", { id, ...sayCounts(say, created) }),
            say("Compare its periods with: peg-bff compare {id}", { id }),
          ];
          process.stdout.write(`${lines.join("\n")}\n`);
        } else {
          process.stdout.write(`${JSON.stringify(created)}\n`);
        }
      } finally {
        await close();
      }
    });
}
