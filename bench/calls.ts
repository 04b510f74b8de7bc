import { formatRows, judge, LEGEND, type Row, summarize, type Verdict } from "./report.js";
import { planCells, runRounds } from "./rounds.js";
import type { Bench } from "./section.js";
import { verifyAnswers } from "./verify.js";
import { openWorld } from "./world.js";

export interface Calls {
  rows: Row[];
  verdicts: Verdict[];
}

/** Measures cached `get`s beside node:http and beside the plain build, in turn. */
export async function measureCalls({ options, cores, closers, progress }: Bench): Promise<Calls> {
  const { ours, rivals, load, cases, tokens } = await openWorld({ bench: options, cores, closers, progress });
  const contenders = { ours, ...rivals };
  await verifyAnswers(contenders, cases, tokens[0] as string);
  progress("ours reads as what superjson makes of the same data, at every size");
  const { rounds, seconds } = options;
  const cells = planCells(contenders, cases);
  const rows = summarize(await runRounds({ cells, load, tokens, rounds, seconds, progress }));
  return { rows, verdicts: judge(rows) };
}

/** A table, how to read it, and what was asked. */
export function describeCalls({ rows, verdicts }: Calls): string {
  return [formatRows(rows), LEGEND, ...verdicts.map(({ text }) => text)].join("\n");
}
