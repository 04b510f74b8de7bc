import { describeFailure } from "./cli/describe-failure.js";
import { parseConfig } from "./config.js";
import { runServer } from "./run-server.js";

// What `npm start` runs.
try {
  await runServer(parseConfig(process.env));
} catch (error) {
  process.stderr.write(`${describeFailure(error)}\n`);
  process.exitCode = 1;
}
