import { FAULTS, type FaultName, type FaultRow } from "./fault-table.js";
import { type Answer, type FaultWorld, openFaultWorld } from "./fault-world.js";

/** How old the set of keys is made before its server is at fault, so that a new one is wanted. */
const STALE_MS = 6 * 60_000;
/** So that the last one counts no more. */
const GRACE_OVER_MS = 66 * 60_000;

export interface Cell extends FaultRow {
  fault: FaultName;
}

export type Question = "cached" | "cold" | "write" | "readyz" | "unknownKey";

/** What was seen of a cell. */
export interface Seen {
  cell: Cell;
  answers: Partial<Record<Question, Answer>>;
  /** By the backend's own time, from the end of the fault until all is well; what was wrong where that did not come. */
  recovered: number | string;
}

export const questionsOf = (cell: FaultRow): Question[] => [
  "cached",
  "cold",
  "write",
  "readyz",
  ...(cell.unknownKey === undefined ? [] : (["unknownKey"] as const)),
];

/** Has a backend of its own live through the cells, one after the other. */
export async function runCells(cells: readonly Cell[]): Promise<Seen[]> {
  const world = await openFaultWorld();
  try {
    const seen: Seen[] = [];
    for (const cell of cells) seen.push(await runCell(world, cell));
    return seen;
  } finally {
    await world.stop();
  }
}

async function runCell(world: FaultWorld, cell: Cell): Promise<Seen> {
  await world.prepare();
  if (cell.dependency === "token keys, for an hour") world.clock.pass(STALE_MS);
  if (cell.dependency === "token keys, beyond it") world.clock.pass(GRACE_OVER_MS);
  const proxy = world.proxyOf(cell.dependency);
  await proxy.setFault(FAULTS[cell.fault].fault);
  const answers = await Promise.all(
    questionsOf(cell).map(async (question) => [question, await world[question]()] as const),
  );
  await proxy.heal();
  return { cell, answers: Object.fromEntries(answers), recovered: await recover(world, cell) };
}

async function recover(world: FaultWorld, cell: Cell): Promise<number | string> {
  const began = world.clock.now();
  for (;;) {
    const ready = await world.readyz();
    const wrote = ready.says === "200 ready" ? await world.write() : undefined;
    if (wrote?.says === "201") {
      await world.prepare();
      const [cached, cold] = await Promise.all([world.cached(), world.cold()]);
      if (cached.says === "200" && cold.says === "200") return world.clock.now() - began;
    }
    if (world.clock.now() - began > cell.recoveredWithinMs) return `readyz: ${ready.says}`;
    // Keys are asked for again after five seconds: of the backend's time.
    if (cell.dependency.startsWith("token keys")) world.clock.pass(200);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
