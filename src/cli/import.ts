import type { Command } from "commander";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { formatCount } from "./format-comparison.js";
import { type FileOptions, readAnyAnalysis, withFileOptions } from "./read-any-analysis.js";

interface ImportOptions extends ConnectOptions, FileOptions {
  id?: string;
  name?: string;
  dryRun?: boolean;
}

export function addImport(program: Command, env: NodeJS.ProcessEnv): void {
  withFileOptions(withConnectOptions(program.command("import")))
    .description(
      "store an analysis from a file: JSON or CSV (timestamp, cell_id, a column for each KPI), gzipped or not",
    )
    .argument("<file>")
    .option("--id <id>", "its id; else that in the file, else a new one")
    .option("--name <name>", "its name; else that in the file")
    .option("--dry-run", "check the file, and store nothing")
    .action(async (file: string, options: ImportOptions) => {
      const analysis = {
        ...(await readAnyAnalysis(file, options)),
        ...(options.id === undefined ? {} : { id: options.id }),
        ...(options.name === undefined ? {} : { name: options.name }),
      };
      if (options.dryRun) {
        process.stdout.write(
          `${file} fits: ${formatCount(analysis.stats.length, "row")}. Nothing was stored.\n`,
        );
        return;
      }
      const { client, close } = await connect(env, options);
      try {
        const created = await client.analysis.create.mutate(analysis);
        if (process.stdout.isTTY) {
          const { id, rows, pegs, cells } = created;
          const size = `${formatCount(rows, "row")} of ${formatCount(pegs, "PEG")} in ${formatCount(cells, "cell")}`;
          process.stdout.write(`Stored ${id}: ${size}.\n`);
          process.stdout.write(`Compare its periods with: peg-bff compare ${id}\n`);
        } else {
          process.stdout.write(`${JSON.stringify(created)}\n`);
        }
      } finally {
        await close();
      }
    });
}
