import type { Contender } from "./contenders.js";
import type { Load } from "./load/load.js";
import { processorMs } from "./processes.js";
import { batchTarget, CALLS_IN_BATCH, callTarget, rawRequest } from "./requests.js";
import type { Case } from "./setup.js";

/** What one server is asked in one round. */
export interface Cell {
  name: string;
  contender: Contender;
  pegs: number;
  target: string;
  callsPerRequest: number;
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

/** The cells in the order in which they are measured. */
export function planCells(contenders: readonly Contender[], cases: readonly Case[]): Cell[] {
  return cases.flatMap(({ pegs, id }) =>
    contenders.flatMap((contender): Cell[] => {
      const one = { name: contender.name, contender, pegs, target: callTarget(id), callsPerRequest: 1 };
      if (contender.name !== "ours") return [one];
      const batch = { ...one, name: "ours, batch of 5", target: batchTarget(id) };
      return [one, { ...batch, callsPerRequest: CALLS_IN_BATCH }];
    }),
  );
}

async function measure(cell: Cell, load: Load, tokens: readonly string[], seconds: number): Promise<Sample> {
  const { port, pid } = cell.contender;
  const requests = tokens.map((token) => rawRequest(cell.target, port, token));
  const before = processorMs(pid);
  const start = performance.now();
  const { answers, allAnswers } = await load.run({ port, requests, seconds }).catch((cause: Error) => {
    throw new Error(`${cell.name}, ${cell.pegs} PEGs: ${cause.message}`, { cause });
  });
  const elapsed = performance.now() - start;
  const after = processorMs(pid);
  const used = before === undefined || after === undefined ? undefined : after - before;
  return {
    callsPerSecond: (answers / seconds) * cell.callsPerRequest,
    cpuMs: used === undefined ? undefined : used / (allAnswers * cell.callsPerRequest),
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
