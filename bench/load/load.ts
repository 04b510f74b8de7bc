import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { RUN_TYPESCRIPT, startChild } from "../processes.js";
import type { LoadOrder, LoadResult } from "./generator.js";

/** The process that makes the load. */
export interface Load {
  /** @throws Error where an answer was not 200 or a connection failed */
  run(order: LoadOrder): Promise<LoadResult>;
  stop(): Promise<void>;
}

/** Starts the process that makes the load, on its own core. */
export function startLoad(core: number | undefined): Load {
  const file = fileURLToPath(new URL("./generator.ts", import.meta.url));
  const child = startChild({ args: [...RUN_TYPESCRIPT, file], env: {}, core, ipc: true });
  const died = once(child.process, "exit").then(() => {
    throw new Error("the load's process ended");
  });
  died.catch(() => {});
  return {
    async run(order) {
      const answer = once(child.process, "message");
      child.process.send(order);
      const [result] = (await Promise.race([answer, died])) as [LoadResult];
      if (result.problem !== undefined) throw new Error(result.problem);
      return result;
    },
    stop: () => child.stop(),
  };
}
