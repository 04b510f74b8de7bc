import { isRetryable } from "./errors.js";
import type { Database, Transaction } from "./open.js";

const ATTEMPTS = 4;
const MAX_PAUSE_MS = 50;

/** Runs a transaction, anew where it lost to another one. The work may run several times. */
export async function transact<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
    }
  }
}
