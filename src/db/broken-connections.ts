import postgres, { type Sql, type TransactionSql } from "postgres";

/**
 * Keeps the driver from going on with a connection that broke. Within a transaction, and to roll one back, it would
 * write to a socket that is not there: an exception that nobody can catch, which ends the process. Where the
 * connection is open again by then, the statement would run on it outside of any transaction.
 */

/**
 * Said when a connection is made, for its length. What the driver had put aside to write when a connection broke it
 * keeps, and then puts the first words of the next connection aside as well, for good: unless they are too long for
 * that. Not for a pooler, which takes only what it knows.
 */
export const LONG_GREETING = { "peg.padding": "-".repeat(1024) };

/** What a statement ends with where its connection is gone or going. */
function isBreak(error: unknown): boolean {
  if (!(error instanceof postgres.PostgresError)) {
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    // The driver's own words, and those of the socket.
    return String(code).startsWith("CONNECTION_") || syscall === "read" || syscall === "write";
  }
  // Having said so, the server hangs up.
  return error.severity === "FATAL" || error.severity === "PANIC";
}

type Query = ReturnType<Sql["unsafe"]>;

/** A transaction as the driver's `begin` runs it, in which nothing more is said once the connection broke. */
export function beginGuarded<T>(client: Sql, work: (tx: TransactionSql) => T | Promise<T>): Promise<T> {
  let broken: { error: unknown } | undefined;
  const note = (error: unknown): never => {
    if (isBreak(error)) broken ??= { error };
    throw error;
  };

  function guard(tx: TransactionSql): TransactionSql {
    const unsafe = (...args: Parameters<Sql["unsafe"]>) => {
      const ask = (form: (query: Query) => PromiseLike<unknown>): Promise<unknown> =>
        broken ? Promise.reject(broken.error) : Promise.resolve(form(tx.unsafe(...args))).catch(note);
      // Like the driver's own it begins when it is waited for, as rows or as values.
      return {
        values: () => ask((query) => query.values()),
        // biome-ignore lint/suspicious/noThenProperty: to be waited for
        then: (...handlers: Parameters<Promise<unknown>["then"]>) => ask((query) => query).then(...handlers),
      };
    };
    return new Proxy(tx, {
      get: (target, name) => (name === "unsafe" ? unsafe : Reflect.get(target, name)),
    });
  }

  const running = client.begin(
    (tx) =>
      new Promise<T>((resolve, reject) => {
        const settled = async (): Promise<T> => work(guard(tx));
        // Left open where it broke: the driver, told of an end, would commit or roll back. Its own word of the
        // connection's end is what the transaction ends with.
        settled().then(
          (value) => {
            if (!broken) resolve(value);
          },
          (error: unknown) => {
            if (!broken) reject(error);
          },
        );
      }),
  ) as Promise<T>;
  running.catch((error: unknown) => {
    broken ??= { error };
  });
  return running;
}

/** Runs work on a connection of its own, which is given back unless it broke: the driver has it back already then. */
export async function withReserved<T>(client: Sql, work: (reserved: Sql) => Promise<T>): Promise<T> {
  const reserved = await client.reserve();
  try {
    const result = await work(reserved);
    reserved.release();
    return result;
  } catch (error) {
    if (!isBreak(error)) reserved.release();
    throw error;
  }
}
