import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { type Deadlines, looksOf, MS_PER_BYTE, NoAnswerError } from "./deadlines.js";
import { isBroken } from "./errors.js";
import { withCalls } from "./with-calls.js";

/** A read whose connection broke so early is asked again, so often at most. */
const MAX_RETRIES = 3;
const RETRY_LOOKS = looksOf(1_000);
const RETRY_PAUSE_MS = 100;
/** Of a transaction; set within it, so that it holds through a pooler, too. */
const txSettings = ({ deadlines, answerMs }: Patience) =>
  [
    // A lock that is not to be had is no reason to close a connection.
    `set local lock_timeout = ${answerMs - 500}`,
    // Whoever is cut off holds its own no longer than this.
    `set local idle_in_transaction_session_timeout = ${deadlines.answerMs * 2}`,
    "set local statement_timeout = '60s'",
  ].join("; ");

type Query = PromiseLike<unknown> & {
  values(): PromiseLike<unknown>;
  cancel(): void;
  /** Set by the driver once a connection has it. */
  state?: unknown;
};
type Unsafe = (text: string, values?: unknown[], options?: object) => Query;

interface Patience {
  deadlines: Deadlines;
  answerMs: number;
}

/**
 * A client whose statements and transactions are answered in time or fail. It uses the lines of the deadlines.
 *
 * @param answerMs how long it waits, for a lock for instance; as long as the deadlines say where absent
 */
export function answeringClient(client: Sql, deadlines: Deadlines, answerMs = deadlines.answerMs): Sql {
  const patience = { deadlines, answerMs };
  return withCalls(client, {
    unsafe: answeringUnsafe(client, patience, false),
    begin: (...args: unknown[]) => begin(client, patience, args),
  });
}

function answeringUnsafe(client: Pick<Sql, "unsafe">, patience: Patience, inTransaction: boolean): Unsafe {
  const { deadlines } = patience;
  const unsafe = client.unsafe as unknown as Unsafe;
  const answering: unknown = (text: string, values: unknown[] = [], options?: object) => {
    const withinMs = patience.answerMs + sizeOf(values) * MS_PER_BYTE;
    type Take = (query: Query) => PromiseLike<unknown>;
    const askOnce = async (take: Take) => {
      deadlines.refuseIfFull();
      const query = unsafe(text, values, options);
      // A transaction has its connection.
      const waitsForTurn = () => !inTransaction && !query.state;
      return deadlines.within(take(query), { withinMs, waitsForTurn, cancel: () => query.cancel() });
    };
    const ask = async (take: Take) => {
      const began = deadlines.looks;
      for (let again = 0; ; again++) {
        try {
          return await askOnce(take);
        } catch (error) {
          const early = deadlines.looks - began < RETRY_LOOKS;
          if (inTransaction || again === MAX_RETRIES || !early || !isRead(text) || !isBroken(error))
            throw error;
          // Where a server ended all connections, the next one may not know yet.
          await sleep(RETRY_PAUSE_MS);
        }
      }
    };
    return {
      values: () => ask((query) => query.values()),
      // biome-ignore lint/suspicious/noThenProperty: like the driver's own it begins when it is waited for
      then: (...handlers: Parameters<Promise<unknown>["then"]>) => ask((query) => query).then(...handlers),
    };
  };
  return answering as Unsafe;
}

/** The statements within are the caller's; the driver itself begins and ends a transaction. */
async function begin(client: Sql, patience: Patience, args: unknown[]): Promise<unknown> {
  const { deadlines, answerMs: withinMs } = patience;
  deadlines.refuseIfFull();
  const work = args.at(-1) as (tx: Sql) => Promise<unknown>;
  const begun = gate();
  const over = gate();
  let gaveUp: unknown;
  const whole = (client.begin as (...all: unknown[]) => Promise<unknown>)(
    ...args.slice(0, -1),
    async (tx: Sql) => {
      begun.open();
      // Its turn came when nobody waited for it any more.
      if (gaveUp) throw gaveUp;
      tx.unsafe(txSettings(patience)).catch(() => undefined);
      try {
        return await work(withCalls(tx, { unsafe: answeringUnsafe(tx, patience, true) }));
      } catch (error) {
        if (error instanceof NoAnswerError || (error as Error).cause instanceof NoAnswerError) gaveUp = error;
        throw error;
      } finally {
        over.open();
      }
    },
  );
  try {
    await deadlines.within(Promise.race([begun.opened, whole]), { withinMs });
    await Promise.race([over.opened, whole]);
    // To roll back would wait for the same connection.
    if (gaveUp) throw gaveUp;
  } catch (error) {
    gaveUp = error;
    whole.catch(() => undefined);
    throw error;
  }
  return deadlines.within(whole, { withinMs });
}

function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

function sizeOf(values: readonly unknown[]): number {
  let size = 0;
  for (const value of values)
    if (typeof value === "string" || value instanceof Uint8Array) size += value.length;
  return size;
}

function isRead(text: string): boolean {
  const writes = /\b(insert|update|delete|merge|for (no key update|key share|share))\b/i;
  return /^\s*(select|with)\b/i.test(text) && !writes.test(text);
}
