import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

// Loaded into a server before its own code: SIGUSR2 begins a CPU profile, and the next one writes it to a file.
const session = new Session();
session.connect();
await session.post("Profiler.enable");
await session.post("Profiler.setSamplingInterval", { interval: 250 });

let profiles = 0;
let running = false;
process.on("SIGUSR2", async () => {
  if (!running) {
    running = true;
    await session.post("Profiler.start");
    return;
  }
  running = false;
  const { profile } = await session.post("Profiler.stop");
  profiles++;
  writeFileSync(`${process.env.BENCH_PROFILE}-${profiles}.cpuprofile`, JSON.stringify(profile));
});
