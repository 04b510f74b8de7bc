import type { Command } from "commander";
import { parseConfig } from "../config.js";
import type { Say } from "./words.js";

export function addServe(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("serve")
    .description(say("serve the API (settings: see README)"))
    .action(async () => {
      const config = parseConfig(env);
      const { runServer } = await import("../run-server.js");
      await runServer(config);
    });
}
