import type { Command } from "commander";
import { type ConnectOptions, connect, withConnectOptions } from "./connect.js";
import { formatCount } from "./format-comparison.js";
import { readAnalysisFile } from "./read-analysis-file.js";

export function addImport(program: Command, env: NodeJS.ProcessEnv): void {
  withConnectOptions(program.command("import"))
    .description("store an analysis from a file: JSON, gzipped or not")
    .argument("<file>")
    .option("--id <id>", "its id; else that in the file, else a new one")
    .option("--name <name>", "its name; else that in the file")
    .action(async (file: string, options: ConnectOptions & { id?: string; name?: string }) => {
      const analysis = await readAnalysisFile(file);
      const { client, close } = await connect(env, options);
      try {
        const created = await client.analysis.create.mutate({
          ...analysis,
          ...(options.id === undefined ? {} : { id: options.id }),
          ...(options.name === undefined ? {} : { name: options.name }),
        });
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
