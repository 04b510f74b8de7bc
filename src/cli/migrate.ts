import type { Command } from "commander";
import { parseConfig } from "../config.js";
import type { Say } from "./words.js";

export function addMigrate(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("migrate")
    .description(say("bring the database up to date, and leave"))
    .action(async () => {
      const config = parseConfig(env);
      const { openMigratedDatabase } = await import("../stores.js");
      const database = await openMigratedDatabase(config);
      await database.close();
      process.stdout.write(`${say("The database is up to date.")}\n`);
    });
}
