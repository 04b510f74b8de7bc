import { createHash } from "node:crypto";

/** A Redis command: its name in upper case, and its arguments. */
export interface RedisCommand {
  name: string;
  args: string[];
}

/** What the service answers with `{ error }` and status 400. */
export class RefusedCommand extends Error {}

/** Commands that would change the one connection all requests share; the real service refuses them too. */
const UNAVAILABLE = new Set(
  (
    "AUTH BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT DEBUG DISCARD EXEC HELLO MONITOR " +
    "MULTI PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT REPLICAOF RESET SELECT SHUTDOWN SLAVEOF SSUBSCRIBE SUBSCRIBE " +
    "SUNSUBSCRIBE SYNC UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH"
  ).split(" "),
);

/** Reads one command as it stands in a request: an array of text, numbers and booleans. */
export function readCommand(value: unknown): RedisCommand {
  const isArgument = (item: unknown): boolean => ["string", "number", "boolean"].includes(typeof item);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isArgument)) {
    throw new RefusedCommand("ERR failed to parse command");
  }
  // Upper case also keeps ioredis from reshaping replies: it knows hgetall, and not HGETALL.
  const name = String(value[0]).toUpperCase();
  if (UNAVAILABLE.has(name)) throw new RefusedCommand(`ERR Command is not available: '${name}'`);
  return { name, args: value.slice(1).map(String) };
}

/** Reads the commands of a pipeline or a transaction. */
export function readCommands(value: unknown): RedisCommand[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new RefusedCommand("ERR failed to parse pipeline request");
  return value.map(readCommand);
}

/**
 * Makes scripts written for the service run on a stock Redis: takes the flag `allow-key-locking` out of their
 * first line, and keeps calling them by the digest that the client knows.
 */
export class ScriptTranslator {
  readonly #stockDigests = new Map<string, string>();

  /** The command as a stock Redis understands it. */
  translate({ name, args }: RedisCommand): RedisCommand {
    const [first = "", ...rest] = args;
    if (name === "EVAL" || name === "EVAL_RO") return { name, args: [this.#remember(first), ...rest] };
    if (name === "EVALSHA" || name === "EVALSHA_RO")
      return { name, args: [this.#stockDigest(first), ...rest] };
    if (name !== "SCRIPT") return { name, args };
    const sub = first.toUpperCase();
    if (sub === "LOAD") return { name, args: [first, ...rest.map((script) => this.#remember(script))] };
    if (sub === "EXISTS") return { name, args: [first, ...rest.map((digest) => this.#stockDigest(digest))] };
    return { name, args };
  }

  /** The answer as the client expects it: SCRIPT LOAD tells the digest of the script the client sent. */
  answer({ name, args }: RedisCommand, reply: unknown): unknown {
    const loaded = name === "SCRIPT" && args[0]?.toUpperCase() === "LOAD" && args[1] !== undefined;
    return loaded && Buffer.isBuffer(reply) ? Buffer.from(digestOf(args[1] as string)) : reply;
  }

  #remember(script: string): string {
    const stock = withoutKeyLocking(script);
    if (stock !== script) this.#stockDigests.set(digestOf(script), digestOf(stock));
    return stock;
  }

  #stockDigest(digest: string): string {
    return this.#stockDigests.get(digest.toLowerCase()) ?? digest;
  }
}

function withoutKeyLocking(script: string): string {
  const [, flagText, body] = /^#!lua[ \t]+flags=([^\s]*)([\s\S]*)$/.exec(script) ?? [];
  if (flagText === undefined || body === undefined) return script;
  const flags = flagText.split(",").filter((flag) => flag !== "allow-key-locking");
  if (flags.length === flagText.split(",").length) return script;
  // Redis before 7 knows no such line at all, so that an empty one is left where no flag is.
  return flags.length > 0 ? `#!lua flags=${flags.join(",")}${body}` : body;
}

function digestOf(script: string): string {
  return createHash("sha1").update(script).digest("hex");
}
