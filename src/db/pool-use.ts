import type { PGlite } from "@electric-sql/pglite";
import type { Sql } from "postgres";
import { withCalls } from "./with-calls.js";

/** How many statements and transactions want a connection now; those beyond the size of the pool wait. */
export interface PoolUse {
  readonly size: number;
  inUse: number;
}

/** Counts a piece of work for as long as it takes. */
export function counted<T>(use: PoolUse, work: PromiseLike<T>): Promise<T> {
  use.inUse++;
  return Promise.resolve(work).finally(() => {
    use.inUse--;
  });
}

/** A client whose statements and transactions are counted: neither driver tells how busy it is. */
export function countPostgres(client: Sql, use: PoolUse): Sql {
  return withCalls(client, {
    unsafe: (...args: Parameters<Sql["unsafe"]>) => {
      const query = client.unsafe(...args);
      // Like the driver's own it begins when it is waited for, as rows or as values.
      return {
        values: () => counted(use, query.values()),
        // biome-ignore lint/suspicious/noThenProperty: to be waited for
        then: (...handlers: Parameters<Promise<unknown>["then"]>) => counted(use, query).then(...handlers),
      };
    },
    begin: (...args: Parameters<Sql["begin"]>) => counted(use, client.begin(...args)),
  });
}

/** The same of the embedded database. */
export function countEmbedded(client: PGlite, use: PoolUse): PGlite {
  return withCalls(client, {
    query: (...args: Parameters<PGlite["query"]>) => counted(use, client.query(...args)),
    transaction: (...args: Parameters<PGlite["transaction"]>) => counted(use, client.transaction(...args)),
  });
}
