#!/usr/bin/env node
import { Command } from "commander";
import { addCompare } from "./compare.js";
import { addDemo } from "./demo.js";
import { describeFailure } from "./describe-failure.js";
import { addImport } from "./import.js";
import { addMcpServer } from "./mcp-server.js";
import { addMigrate } from "./migrate.js";
import { addServe } from "./serve.js";
import { addToken } from "./token.js";

const program = new Command("peg-bff")
  .description("Compares KPI counters of mobile networks over two periods: before a change and after it.")
  .showHelpAfterError("(peg-bff --help tells more)");

for (const add of [addServe, addMigrate, addMcpServer, addToken, addImport, addCompare, addDemo]) {
  add(program, process.env);
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
