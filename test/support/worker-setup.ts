// A worker outlives a vitest that was killed, and with it what its tests have started.
if (process.listenerCount("disconnect", leave) === 0) process.once("disconnect", leave);

function leave(): void {
  process.exit(1);
}
