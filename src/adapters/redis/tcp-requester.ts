import { createHash } from "node:crypto";
import type { Requester, UpstashRequest, UpstashResponse } from "@upstash/redis";
import { Redis as UpstashRedis } from "@upstash/redis";
import { Redis as IoRedis } from "ioredis";

const SHEBANG = /^#!lua[^\n]*\n/;

/**
 * Speaks to any Redis or Valkey over TCP for @upstash/redis.
 *
 * Scripts of Upstash's packages begin with a line of flags that stock Redis refuses. It is taken off, and
 * EVALSHA of such a script is sent with the hash that the server knows it by.
 */
export class TcpRequester implements Requester {
  readonly #client: IoRedis;
  readonly #hashes = new Map<string, string>();

  constructor(client: IoRedis) {
    this.#client = client;
  }

  async request<TResult = unknown>(request: UpstashRequest): Promise<UpstashResponse<TResult>> {
    const kind = request.path?.[0];
    if (kind === "pipeline" || kind === "multi-exec") {
      const commands = (request.body as unknown[][]).map((command) => this.#portable(command));
      const batch = kind === "pipeline" ? this.#client.pipeline(commands) : this.#client.multi(commands);
      const replies = (await batch.exec()) ?? [];
      // A pipeline's answer is a list, though the interface speaks of one response.
      const answers = replies.map(([error, result]) => (error ? { error: error.message } : { result }));
      return answers as unknown as UpstashResponse<TResult>;
    }
    const [name, ...args] = this.#portable(request.body as unknown[]);
    try {
      return { result: (await this.#client.call(name as string, args)) as TResult };
    } catch (error) {
      // A refusal of the server is an answer; anything else is a failure to get one.
      if ((error as Error).name === "ReplyError") return { error: (error as Error).message };
      throw error;
    }
  }

  /** The command as stock Redis takes it. */
  #portable(command: unknown[]): CommandPart[] {
    const parts = command.map(partOf);
    const [name, script] = parts;
    const verb = String(name).toLowerCase();
    if (verb === "eval" && SHEBANG.test(String(script))) {
      const plain = String(script).replace(SHEBANG, "");
      this.#hashes.set(sha1(String(script)), sha1(plain));
      parts[1] = plain;
    } else if (verb === "evalsha") parts[1] = this.#hashes.get(String(script)) ?? String(script);
    return parts;
  }
}

type CommandPart = string | Buffer | number;

function partOf(part: unknown): CommandPart {
  if (typeof part === "string") return part;
  return part instanceof Uint8Array ? Buffer.from(part) : String(part);
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

/** The Upstash client over TCP. Values come back as they were stored, never parsed. */
export class TcpRedis extends UpstashRedis {
  constructor(requester: Requester) {
    super(requester);
    this.opts = { automaticDeserialization: false };
  }
}

export interface TcpConnection {
  redis: UpstashRedis;
  /** Why the connection failed last; a command only says that there is none. */
  lastFailure(): string | undefined;
  close(): void;
}

/** Connects in the background and goes on trying; a command without a connection fails at once. */
export function connectTcp(url: string): TcpConnection {
  const client = new IoRedis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    // One that is half open would stay so until TCP gives up, a quarter of an hour later.
    socketTimeout: 2000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1000),
    // After a failover the name means another server, and the one before still answers. Older servers tell of it
    // within the error of a script.
    reconnectOnError: (error) => error.message.includes("READONLY"),
  });
  // Whoever sends a command learns of the failure; without a listener each would be printed.
  let failure: string | undefined;
  client.on("error", (error) => {
    failure = error.message;
  });
  return {
    redis: new TcpRedis(new TcpRequester(client)),
    lastFailure: () => failure,
    close: () => client.disconnect(),
  };
}
