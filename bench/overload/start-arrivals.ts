import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RUN_TYPESCRIPT, startChild } from "../processes.js";
import type { Bench } from "../section.js";
import type { ArrivalOrder, Slice } from "./arrivals.js";

const CONNECTIONS = 1_000;

/** Sends what arrives, at its own rate. @throws Error where it cannot */
export type Send = (
  order: Pick<ArrivalOrder, "requests" | "rate" | "seconds" | "whenBusy">,
) => Promise<Slice[]>;

/** The process that sends what arrives, on its own core. */
export function startArrivals({ cores, closers }: Bench, port: number): Send {
  const file = fileURLToPath(new URL("./arrivals.ts", import.meta.url));
  const child = startChild({ args: [...RUN_TYPESCRIPT, file], env: {}, core: cores.load, ipc: true });
  closers.add(() => child.stop());
  return async (order) => {
    child.process.send({ port, connections: CONNECTIONS, ...order } satisfies ArrivalOrder);
    type Reply = { slices: Slice[]; problem?: string };
    const [{ slices, problem }] = (await once(child.process, "message")) as [Reply];
    if (problem !== undefined) throw new Error(problem);
    return slices;
  };
}
