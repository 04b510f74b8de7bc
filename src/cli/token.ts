import type { Command } from "commander";
import { parseConfig } from "../config.js";
import { signToken, type TokenRequest } from "./sign-token.js";

export function addToken(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command("token")
    .description("print a token, for development")
    .requiredOption("--sub <user>", "whom the token speaks for")
    .option("--expires <span>", "how long it is valid", "1h")
    .option("--scope <scopes>", "peg:admin for an operator, who may act on every analysis")
    .action(async (options: TokenRequest) => {
      process.stdout.write(`${await signToken(parseConfig(env), options)}\n`);
    });
}
