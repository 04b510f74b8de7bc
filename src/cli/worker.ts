import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { CommandError } from "./command-error.js";
import type { Say } from "./words.js";

export function addWorker(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("worker")
    .description(
      say("compute long comparisons apart from the servers (run as many as you like; needs DATABASE_URL)"),
    )
    .action(async () => {
      const config = parseConfig({ ...env, WORKER: "inline" });
      if (!config.DATABASE_URL) {
        throw new CommandError((say) =>
          say(
            "A worker needs DATABASE_URL: the embedded database belongs to the server, which computes by itself.",
          ),
        );
      }
      const { runWorker } = await import("../run-server.js");
      await runWorker(config);
    });
}
