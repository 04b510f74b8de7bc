import { describeFailure } from "./cli/describe-failure.js";
import { createSay } from "./cli/words.js";
import { parseConfig } from "./config.js";
import { runServer } from "./run-server.js";

// What `npm start` runs.
try {
  await runServer(parseConfig(process.env));
} catch (error) {
  process.stderr.write(`${describeFailure(error, createSay(process.env))}\n`);
  process.exitCode = 1;
}
