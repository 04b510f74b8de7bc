import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { runServer } from "../run-server.js";

export function addServe(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("serve")
    .description("serve the API (settings: see README)")
    .action(async () => {
      await runServer(parseConfig(env));
    });
}
