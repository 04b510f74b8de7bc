import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { sayStages } from "./backup-stages.js";
import type { Say } from "./words.js";

interface RestoreCommandOptions {
  replace?: boolean;
  keepUnreadable?: boolean;
}

export function addRestore(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("restore")
    .description(say("put a backup into the database of the settings: all of it, or nothing"))
    .argument("<file>")
    .option("--replace", say("lose what the database holds"))
    .option("--keep-unreadable", say("take along single values that no key opens"))
    .action(async (file: string, { replace, keepUnreadable }: RestoreCommandOptions) => {
      const config = parseConfig(env);
      const { restore } = await import("../backup.js");
      const stages = sayStages(say);
      const { requeued, ...checked } = await restore(config, file, {
        replace,
        keepUnreadable,
        onProgress: stages.update,
      }).finally(() => stages.end());
      stages.sayTables(checked);
      const time = checked.header.created_at;
      process.stdout.write(
        `${say("Restored as of {time}. Tasks that begin anew: {requeued}", { time, requeued })}\n`,
      );
    });
}
