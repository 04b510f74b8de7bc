import postgres, { type Sql, type TransactionSql } from "postgres";
import { encryptionOf } from "./encrypted-socket.js";
import { Lines } from "./lines.js";
import { withCalls } from "./with-calls.js";

/**
 * Keeps the driver from going on with a connection that broke. Within a transaction, and to roll one back, it would
 * write to a socket that is not there: an exception that nobody can catch, which ends the process. Where the
 * connection is open again by then, the statement would run on it outside of any transaction.
 */

/**
 * Said when a connection is made, for its length. What the driver had put aside to write when a connection broke it
 * keeps, and then puts the first words of the next connection aside as well, for good: unless they are too long for
 * that.
 */
const PADDING = { "peg.padding": "-".repeat(1024) };
/** Ms between two looks of the server whether somebody still waits for a statement: else it would go on to its end. */
const GREETING = { ...PADDING, client_connection_check_interval: "1000" };
/** What PgBouncer answers to words that it does not know, and a server on a system that cannot tell who is gone. */
const UNSUPPORTED = new Set<unknown>(["08P01", "22023"]);
const greetings = new Map<string, Promise<object>>();

/** What is said of such length where it is taken: a pooler may refuse whom it does not understand. */
export function greetingOf(url: string): Promise<object> {
  const known = greetings.get(url) ?? tryGreeting(url);
  greetings.set(url, known);
  return known;
}

async function tryGreeting(url: string): Promise<object> {
  for (const greeting of [GREETING, PADDING]) {
    const answer = await greet(url, greeting);
    if (answer === "taken") return greeting;
    if (answer === "refused") continue;
    // Where nobody said so it is tried again.
    greetings.delete(url);
    break;
  }
  return {};
}

async function greet(url: string, greeting: object): Promise<"taken" | "refused" | "unheard"> {
  const client = postgres(url, {
    ...breakingWell(url, new Lines()),
    max: 1,
    connect_timeout: 5,
    prepare: false,
    onnotice: () => {},
    connection: greeting,
  });
  try {
    await client.unsafe("select 1");
    return "taken";
  } catch (error) {
    return UNSUPPORTED.has((error as { code?: unknown }).code) ? "refused" : "unheard";
  } finally {
    await client.end({ timeout: 1 });
  }
}

const RECONNECT_S = 0.25;

/** How connections to an address are made, so that they break well. @param lines what they are from then on */
export function breakingWell(url: string, lines: Lines) {
  const encryption = encryptionOf(url);
  return {
    socket: lines.connecting(encryption),
    // Encrypted already, where the address says so.
    ...(encryption ? { ssl: false } : {}),
    // By the driver's own measure those of a pool that break together are left alone for up to 20 s, each counting the
    // failures of the others.
    backoff: () => RECONNECT_S,
    // Where the connection breaks while the driver asks for the types of arrays, which nothing here has in or out, the
    // failure is nobody's: it would end the process.
    fetch_types: false,
  };
}

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

/** A client in whose transactions nothing more is said once the connection broke. */
export function guardedClient(client: Sql): Sql {
  return withCalls(client, { begin: (work: Parameters<typeof begin>[1]) => begin(client, work) });
}

function begin<T>(client: Sql, work: (tx: TransactionSql) => T | Promise<T>): Promise<T> {
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
    return withCalls(tx, { unsafe });
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
