import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { CommandError } from "./command-error.js";
import { createProgressBar } from "./progress-bar.js";
import type { Say } from "./words.js";

export function addRotateKeys(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("rotate-keys")
    .description(say("seal all stored data with the first of ENCRYPTION_KEYS; may be stopped, and run again"))
    .option("--count", say("only count what other keys sealed"))
    .action(async (options: { count?: boolean }) => {
      const config = parseConfig(env);
      const { createSealer, refuseMissingKeys } = await import("../keys.js");
      const { absentDatabase, isDatabaseThere, openMigratedDatabase } = await import("../stores.js");
      const { countSealedOtherwise, rotateKeys } = await import("../domain/sealing/rotate-keys.js");
      if (!isDatabaseThere(config)) throw new CommandError((say) => say.known(absentDatabase(config)));
      const database = await openMigratedDatabase(config);
      try {
        const sealer = await createSealer(config);
        await refuseMissingKeys(database, sealer);
        const services = { db: database.db, sealer, clock: { now: () => Date.now() } };
        if (options.count) {
          const left = await countSealedOtherwise(services);
          process.stdout.write(`${say("{left} records left", { left })}\n`);
          return;
        }
        const bar = createProgressBar(process.stderr);
        const { done, unreadable } = await rotateKeys(services, "operator", (progress) =>
          bar.update(
            progress.done,
            progress.done + progress.left,
            say("{left} records left", { left: progress.left }),
          ),
        ).finally(() => bar.end());
        const values = { done, key: sealer.keyId, left: unreadable };
        process.stdout.write(`${say("{done} records sealed with key {key}, {left} left", values)}\n`);
        if (unreadable) {
          throw new CommandError((say) =>
            say(
              "{count} records do not open with any key: restore the key that sealed them, and run this again",
              { count: unreadable },
            ),
          );
        }
      } finally {
        await database.close();
      }
    });
}
