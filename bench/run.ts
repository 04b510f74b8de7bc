import { findCores, HELP, readOptions } from "./options.js";
import type { Bench } from "./section.js";
import { LONG_SECTIONS, SECTION_NAMES, SECTIONS } from "./sections.js";
import { Closers } from "./world.js";

// Parts of the bench one after the other: read the ratios, not the numbers.
async function main(closers: Closers): Promise<void> {
  const options = readOptions(process.argv.slice(2), SECTION_NAMES);
  if (options.help) {
    const long = `; ${LONG_SECTIONS.join(", ")} where named only`;
    console.log(HELP.replace("NAMES", SECTION_NAMES.join(", ") + long));
    return;
  }
  const progress = (text: string): void => console.error(`> ${text}`);
  const cores = findCores();
  progress(cores.note);
  const bench: Bench = { options, cores, closers, progress };
  const results: Record<string, unknown> = {};
  for (const name of SECTION_NAMES) {
    const asked = options.only.length > 0 ? options.only.includes(name) : !LONG_SECTIONS.includes(name);
    if (!asked) continue;
    const { measured, text } = await SECTIONS[name].measure(bench);
    // What a part has opened must not slow the next one.
    await closers.closeAll();
    results[name] = measured;
    if (!options.json) console.log(`${text}\n`);
  }
  if (!options.json) return;
  const { connections, logLevel, rounds, seconds } = options;
  const conditions = { node: process.version, cores: cores.note, connections, logLevel, rounds, seconds };
  console.log(JSON.stringify({ conditions, ...results }, null, 2));
}

const closers = new Closers();
let stopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    stopped = true;
    void closers.closeAll().finally(() => process.exit(130));
  });
}
try {
  await main(closers);
} catch (error) {
  // What breaks because everything is being stopped is no news.
  if (!stopped) console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await closers.closeAll();
}
