import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { countSealedOtherwise, rotateKeys } from "../domain/sealing/rotate-keys.js";
import { createSealer, openMigratedDatabase, refuseMissingKeys } from "../runtime.js";
import { CommandError } from "./command-error.js";
import { createProgressBar } from "./progress-bar.js";

export function addRotateKeys(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("rotate-keys")
    .description("seal all stored data with the first of ENCRYPTION_KEYS; may be stopped, and run again")
    .option("--count", "only count what other keys sealed")
    .action(async (options: { count?: boolean }) => {
      const config = parseConfig(env);
      const database = await openMigratedDatabase(config);
      try {
        const sealer = await createSealer(config);
        await refuseMissingKeys(database, sealer);
        const services = { db: database.db, sealer, clock: { now: () => Date.now() } };
        if (options.count) {
          process.stdout.write(`${await countSealedOtherwise(services)} records left\n`);
          return;
        }
        const bar = createProgressBar(process.stderr);
        const { done, unreadable } = await rotateKeys(services, "operator", (progress) =>
          bar.update(progress.done, progress.done + progress.left, `${progress.left} records left`),
        );
        bar.end();
        process.stdout.write(`${done} records sealed with key ${sealer.keyId}, ${unreadable} left\n`);
        if (unreadable) {
          throw new CommandError(
            `${unreadable} records do not open with any key: restore the key that sealed them, and run this again`,
          );
        }
      } finally {
        await database.close();
      }
    });
}
