import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { signToken, type TokenRequest } from "./sign-token.js";
import type { Say } from "./words.js";

export function addToken(program: Command, env: NodeJS.ProcessEnv, say: Say): void {
  program
    .command("token")
    .description(say("print a token, for development"))
    .requiredOption("--sub <user>", say("whom the token speaks for"))
    .option("--expires <span>", say("how long it is valid, like 30m, 1h or 7d; 366 days at most"), "1h")
    .option("--scope <scopes>", say("peg:admin for an operator, who may act on every analysis"))
    .action(async (options: TokenRequest) => {
      process.stdout.write(`${await signToken(parseConfig(env), options)}\n`);
    });
}
