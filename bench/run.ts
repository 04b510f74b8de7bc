import { describeClientSize, measureClientSize } from "./client-size.js";
import { describeJudge, measureJudge } from "./judge.js";
import { findCores, HELP, readOptions } from "./options.js";
import { describePage, measurePage } from "./page.js";
import { describePickUp, measurePickUp } from "./pick-up.js";
import { formatRows, judge, LEGEND, summarize } from "./report.js";
import { planCells, runRounds } from "./rounds.js";
import { verifyAnswers } from "./verify.js";
import { Closers, openWorld } from "./world.js";

// Cached `get` beside node:http and beside the plain build, in one run: read the ratios, not the numbers.
async function main(closers: Closers): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const progress = (text: string): void => console.error(`> ${text}`);
  // First, while the heap is small.
  const judged = measureJudge(progress);
  if (options.judge) {
    console.log(options.json ? JSON.stringify(judged, null, 2) : describeJudge(judged));
    return;
  }
  const cores = findCores();
  progress(cores.note);
  const { ours, rivals, load, cases, tokens } = await openWorld({ bench: options, cores, closers, progress });
  await verifyAnswers({ ours, ...rivals }, cases, tokens[0] as string);
  progress("ours reads as what superjson makes of the same data, at every size");

  const { rounds, seconds } = options;
  const cells = planCells([rivals.bare, rivals.baseline, ours, rivals.plain], cases);
  const rows = summarize(await runRounds({ cells, load, tokens, rounds, seconds, progress }));
  const verdicts = judge(rows);
  const pickUps = await measurePickUp(closers, progress);
  const clientSize = await measureClientSize(progress);
  const page = await measurePage(closers, progress);
  if (options.json) {
    const { connections, logLevel } = options;
    const conditions = { node: process.version, cores: cores.note, connections, logLevel, rounds, seconds };
    console.log(JSON.stringify({ conditions, rows, verdicts, pickUps, clientSize, judged, page }, null, 2));
    return;
  }
  console.log(formatRows(rows));
  console.log(LEGEND);
  for (const { text } of verdicts) console.log(text);
  for (const pickUp of pickUps) console.log(describePickUp(pickUp));
  console.log(describeClientSize(clientSize));
  console.log(describeJudge(judged));
  console.log(describePage(page));
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
