import { parseConfig } from "./config.js";
import { runServer } from "./run-server.js";

// What `npm start` runs.
try {
  await runServer(parseConfig(process.env));
} catch (error) {
  // What words a failure brings half of the commands along.
  const { describeFailure } = await import("./cli/describe-failure.js");
  const { createSay } = await import("./cli/words.js");
  process.stderr.write(`${describeFailure(error, createSay(process.env))}\n`);
  process.exitCode = 1;
}
