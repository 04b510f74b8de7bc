import { ConfigError, parseConfig } from "./config.js";
import { runServer } from "./run-server.js";

// What `npm start` runs.
try {
  await runServer(parseConfig(process.env));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
