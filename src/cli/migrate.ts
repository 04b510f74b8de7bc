import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { openMigratedDatabase } from "../runtime.js";

export function addMigrate(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("migrate")
    .description("bring the database up to date, and leave")
    .action(async () => {
      const database = await openMigratedDatabase(parseConfig(env));
      await database.close();
      process.stdout.write("The database is up to date.\n");
    });
}
