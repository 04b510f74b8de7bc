// Shifts the clock of a server process by what stands in CLOCK_FILE, in milliseconds; read anew at every SIGUSR2.
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const RealDate = Date;
let shiftMs = 0;

function read() {
  shiftMs = Number(readFileSync(process.env.CLOCK_FILE, "utf8")) || 0;
}

if (isMainThread) {
  read();
  process.on("SIGUSR2", read);
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      if (given.length) super(...given);
      else super(RealDate.now() + shiftMs);
    }
    static now() {
      return RealDate.now() + shiftMs;
    }
  };
}
