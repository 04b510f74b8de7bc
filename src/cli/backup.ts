import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { sayStages } from "./backup-stages.js";
import type { Say } from "./words.js";

interface BackupCommandOptions {
  scratch?: string;
  keepUnreadable?: boolean;
}

export function addBackup(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("backup")
    .description(
      say("write all data to a file, as of one moment, and restore it once to compare; servers may run on"),
    )
    .argument("<file>")
    .option(
      "--scratch <url>",
      say("an empty PostgreSQL database to restore into; else an embedded one in the temporary folder"),
    )
    .option(
      "--keep-unreadable",
      say("take along as it is what no key at hand opens, all that a lost key sealed for instance"),
    )
    .action(async (file: string, { scratch, keepUnreadable }: BackupCommandOptions) => {
      const config = parseConfig(env);
      const { takeBackup } = await import("../backup.js");
      const stages = sayStages(say);
      // Its end takes away what is not finished.
      const leave = (code: number) => {
        stages.end();
        process.exit(code);
      };
      process.once("SIGHUP", () => leave(129));
      process.once("SIGINT", () => leave(130));
      process.once("SIGTERM", () => leave(143));
      const checked = await takeBackup(config, file, {
        scratchUrl: scratch,
        keepUnreadable,
        onProgress: stages.update,
      }).finally(() => stages.end());
      stages.sayTables(checked);
      const keys = checked.header.key_ids.join(", ") || say("no key");
      process.stdout.write(
        `${say("{file} was restored once and holds the same. To open it takes: {keys}", { file, keys })}\n`,
      );
    });
}
