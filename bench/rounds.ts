import type { Contender } from "./contenders.js";
import type { Load } from "./load/load.js";
import { processorMs } from "./processes.js";
import { BATCH_FORM, FORMS, type Form, LIST_FORM, rawRequest, SINGLE } from "./requests.js";
import type { Case } from "./setup.js";

/** What one server is asked in one round. */
export interface Cell {
  contender: Contender;
  asked: Case;
  form: Form;
}

/** What was measured of one cell in one round. */
export interface Sample {
  callsPerSecond: number;
  /** Processor time of the server a call. */
  cpuMs: number | undefined;
  /** The share of the time that the server's process ran: well below 1, something else was the bottleneck. */
  busy: number | undefined;
}

export type Samples = Map<Cell, Sample[]>;

/** The cells in the order in which they are measured: of one form and size all servers in turn. */
export function planCells(
  { ours, baseline, bare, plain }: Record<"ours" | "baseline" | "bare" | "plain", Contender>,
  cases: readonly Case[],
): Cell[] {
  return cases.flatMap((asked) => {
    const cell = (contender: Contender, form: Form): Cell => ({ contender, asked, form });
    return [
      cell(bare, SINGLE),
      ...FORMS.flatMap((form) => [cell(baseline, form), cell(ours, form)]),
      cell(ours, LIST_FORM),
      cell(ours, BATCH_FORM),
      cell(plain, SINGLE),
    ];
  });
}

async function measure(
  { contender, asked, form }: Cell,
  load: Load,
  tokens: readonly string[],
  seconds: number,
): Promise<Sample> {
  const { port, pid, name } = contender;
  const headers = form.headers?.(asked) ?? {};
  const requests = tokens.map((token) => rawRequest(form.target(asked.id), port, token, headers));
  const before = processorMs(pid);
  const start = performance.now();
  const { answers, allAnswers } = await load.run({ port, requests, seconds }).catch((cause: Error) => {
    throw new Error(`${name}, ${form.name}, ${asked.pegs} PEGs: ${cause.message}`, { cause });
  });
  const elapsed = performance.now() - start;
  const after = processorMs(pid);
  const used = before === undefined || after === undefined ? undefined : after - before;
  return {
    callsPerSecond: (answers / seconds) * form.calls,
    cpuMs: used === undefined ? undefined : used / (allAnswers * form.calls),
    busy: used === undefined ? undefined : used / elapsed,
  };
}

/** Measures all cells in turn, as often as asked, after a short warm-up of each. */
export async function runRounds(options: {
  cells: readonly Cell[];
  load: Load;
  tokens: readonly string[];
  rounds: number;
  seconds: number;
  progress: (text: string) => void;
}): Promise<Samples> {
  const { cells, load, tokens, rounds, seconds, progress } = options;
  const samples: Samples = new Map(cells.map((cell) => [cell, []]));
  progress("warming up");
  for (const cell of cells) await measure(cell, load, tokens, Math.min(1, seconds));
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    for (const cell of cells) samples.get(cell)?.push(await measure(cell, load, tokens, seconds));
  }
  return samples;
}
