import { existsSync } from "node:fs";
import { lockDataDir } from "../../src/db/data-dir-lock.js";

// A process that takes a data directory, says how it went, and holds it until it is ended. With a second
// argument it says that it is ready and then waits for that file to appear.
const [dataDir = "", startFile] = process.argv.slice(2);
if (startFile) {
  console.log("ready");
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(startFile)) Atomics.wait(cell, 0, 0, 1);
}
try {
  const release = lockDataDir(dataDir);
  process.on("SIGTERM", () => {
    release();
    process.exit(0);
  });
  setInterval(() => {}, 60_000);
  console.log("locked");
} catch (error) {
  console.log(`refused ${(error as Error).name}: ${(error as Error).message}`);
}
