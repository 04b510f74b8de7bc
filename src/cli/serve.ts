import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { runServer } from "../run-server.js";
import type { Say } from "./words.js";

export function addServe(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("serve")
    .description(say("serve the API (settings: see README)"))
    .action(async () => {
      await runServer(parseConfig(env));
    });
}
