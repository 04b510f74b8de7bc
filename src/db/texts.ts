import postgres, { type Options } from "postgres";
import { breakingWell } from "./broken-connections.js";
import { type DeadlineOptions, Deadlines } from "./deadlines.js";

/** Long work, such as the upkeep of the job queue, may take so long without a word. */
const LONG_MS = 60_000;
const IDLE_S = 60;

/** Runs texts of several statements, which may begin and end transactions of their own. */
export interface Texts {
  run(text: string): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * A connection for such texts alone, made when it is wanted: they would leave one of the pool within a transaction where
 * they fail, and the driver's way to reserve one waits for ever where none is open.
 */
export function openTexts(url: string, settings: Options<never>, hurried?: DeadlineOptions): Texts {
  const deadlines = new Deadlines(hurried);
  const client = postgres(url, {
    ...settings,
    max: 1,
    idle_timeout: IDLE_S,
    ...breakingWell(url, deadlines.lines),
  });
  const ask = (text: string): PromiseLike<unknown> =>
    hurried ? deadlines.within(client.unsafe(text), { withinMs: LONG_MS }) : client.unsafe(text);
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(text) {
      const work = last.then(async () => {
        try {
          return await ask(text);
        } catch (error) {
          await Promise.resolve(ask("rollback")).catch(() => undefined);
          throw error;
        }
      });
      // One after the other: the next must not find the transaction of this one.
      last = work.catch(() => undefined);
      return work;
    },
    close: () => client.end({ timeout: 5 }),
  };
}
