import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const MIB = 1024 * 1024;

// Loaded into a server before its own code: at SIGUSR2 it writes what it has seen to the file BENCH_WATCH.
const RESOLUTION_MS = 10;
const [whole, slice] = [0, 0].map(() => monitorEventLoopDelay({ resolution: RESOLUTION_MS }));
whole.enable();
slice.enable();
/** Node counts the pause between two looks in. */
const p99Ms = (histogram) => Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS);

// How Node tells of an emitter or a signal whose listeners pile up.
let piledUp = 0;
process.on("warning", ({ name }) => {
  if (name === "MaxListenersExceededWarning") piledUp++;
});

/** Of so many readings one is of what a whole collection leaves: it takes as long as a few hundred calls. */
const COLLECTED_EVERY = 6;
let readings = 0;

/** What lives on the heap, and what that holds outside. V8 lets garbage lie as it sees fit, which hides some MiB. */
function liveMib() {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

process.on("SIGUSR2", () => {
  const { rss, heapTotal, external } = process.memoryUsage();
  const seen = {
    committedMib: heapTotal / MIB,
    outsideMib: (rss - heapTotal) / MIB,
    buffersMib: external / MIB,
    loopP99Ms: p99Ms(slice),
    wholeLoopP99Ms: p99Ms(whole),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    piledUp,
    ...(++readings % COLLECTED_EVERY === 0 ? { liveMib: liveMib() } : {}),
  };
  slice.reset();
  const file = process.env.BENCH_WATCH;
  writeFileSync(`${file}.new`, JSON.stringify(seen));
  renameSync(`${file}.new`, file);
});
