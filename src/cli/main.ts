#!/usr/bin/env node
import { Command } from "commander";
import { MANIFEST } from "../places.js";
import { addAudit } from "./audit.js";
import { addBackup } from "./backup.js";
import { addCompare } from "./compare.js";
import { addDemo } from "./demo.js";
import { describeFailure } from "./describe-failure.js";
import { addDoctor } from "./doctor.js";
import { addGrant, addRevoke } from "./grant.js";
import { addImport } from "./import.js";
import { addMcpServer } from "./mcp-server.js";
import { addMigrate } from "./migrate.js";
import { addRestore } from "./restore.js";
import { addRotateKeys } from "./rotate-keys.js";
import { addServe } from "./serve.js";
import { speak } from "./speak.js";
import { addToken } from "./token.js";
import { createSay } from "./words.js";
import { addWorker } from "./worker.js";

const say = createSay(process.env);
const program = speak(new Command("peg-bff"), say)
  .description(
    say("Compares KPI counters of mobile networks over two periods: before a change and after it."),
  )
  .version(MANIFEST.version, "-V, --version", say("output the version number"));

// What a command needs beyond its own options it loads when it is run: most of it is a whole server.
for (const add of [
  addServe,
  addWorker,
  addMigrate,
  addMcpServer,
  addToken,
  addImport,
  addCompare,
  addGrant,
  addRevoke,
  addAudit,
  addBackup,
  addRestore,
  addRotateKeys,
  addDoctor,
  addDemo,
]) {
  add(program, process.env, say);
}

// Whoever reads the output may have seen enough, as `head` does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${describeFailure(error, say)}\n`);
  process.exitCode = 1;
}
