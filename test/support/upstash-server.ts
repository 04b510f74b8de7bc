import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import {
  type RedisCommand,
  RefusedCommand,
  readCommand,
  readCommands,
  ScriptTranslator,
} from "./upstash-commands.js";

/** A way for the service to be away or wrong. */
export type UpstashFault =
  /** Takes the request and never answers. */
  | "hang"
  /** Refuses connections; open ones are cut. */
  | "refuse"
  /** Takes the request and cuts the connection. */
  | "reset"
  /** Answers 500 with an error in JSON. */
  | "500"
  /** Answers 200 with a page of HTML. */
  | "garbage"
  /** Answers right, and late. */
  | { delayMs: number };

/** The Upstash Redis REST service, in front of a Redis of the tests. */
export interface UpstashServer {
  readonly url: string;
  readonly token: string;
  /** HTTP requests received since the start or the last reset. */
  readonly requests: number;
  /** Redis commands received, those of pipelines one by one. */
  readonly commands: number;
  /** Their names in upper case, in order. */
  readonly commandNames: readonly string[];
  resetCounts(): void;
  /** From now on behaves like this; null is well again. */
  setFault(fault: UpstashFault | null): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the service on a free port of 127.0.0.1. */
export async function startUpstashServer(options: {
  redisUrl: string;
  token?: string;
}): Promise<UpstashServer> {
  const token = options.token ?? randomBytes(16).toString("hex");
  const redis = new Redis(options.redisUrl, { maxRetriesPerRequest: 1, retryStrategy: () => 50 });
  // Each request says for itself that Redis is away.
  redis.on("error", () => undefined);
  const scripts = new ScriptTranslator();
  let fault: UpstashFault | null = null;
  let requests = 0;
  let commandNames: string[] = [];

  const server = createServer((request, response) => {
    requests++;
    void respond(request, response).catch(() => response.destroy());
  });
  const port = await listen(server, 0);

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (fault === "hang") return;
    if (fault === "reset") {
      request.socket.destroy();
      return;
    }
    if (fault === "500") return send(response, 500, { error: "ERR internal server error" });
    if (fault === "garbage") return send(response, 200, "<html><body>Bad gateway</body></html>", "text/html");
    if (fault) await new Promise((resolve) => setTimeout(resolve, (fault as { delayMs: number }).delayMs));
    if (request.method !== "POST") return send(response, 405, { error: "ERR method not allowed" });
    if (request.headers.authorization !== `Bearer ${token}`) {
      return send(response, 401, { error: "WRONGPASS invalid or missing auth token" });
    }
    try {
      const base64 = request.headers["upstash-encoding"] === "base64";
      send(response, 200, await run(request.url ?? "/", parse(body), base64));
    } catch (error) {
      const refused = error instanceof RefusedCommand || (error as Error).name === "ReplyError";
      send(response, refused ? 400 : 500, { error: (error as Error).message });
    }
  }

  async function run(path: string, body: unknown, base64: boolean): Promise<unknown> {
    const toResult = (reply: unknown): object =>
      reply instanceof Error ? { error: reply.message } : { result: encodeReply(reply, base64) };
    if (path === "/") {
      const command = record(readCommand(body));
      const { name, args } = scripts.translate(command);
      return toResult(scripts.answer(command, await redis.callBuffer(name, ...args)));
    }
    const atomic = path === "/multi-exec";
    if (!atomic && path !== "/pipeline") throw new RefusedCommand(`ERR no such path here: ${path}`);
    const commands = readCommands(body).map(record);
    const replies = await (atomic ? runAtomic(commands) : runPipeline(commands));
    return replies.map((reply, index) => toResult(scripts.answer(commands[index] as RedisCommand, reply)));
  }

  async function runPipeline(commands: RedisCommand[]): Promise<unknown[]> {
    const pipeline = redis.pipeline();
    for (const { name, args } of commands.map((command) => scripts.translate(command))) {
      pipeline.callBuffer(name, ...args);
    }
    return ((await pipeline.exec()) ?? []).map(([error, reply]) => error ?? reply);
  }

  async function runAtomic(commands: RedisCommand[]): Promise<unknown[]> {
    // MULTI and EXEC travel as plain commands of one pipeline, to get the replies as bytes.
    const around = (name: string): RedisCommand => ({ name, args: [] });
    const replies = await runPipeline([around("MULTI"), ...commands, around("EXEC")]);
    const executed = replies.at(-1);
    if (executed instanceof Error) throw executed;
    return executed as unknown[];
  }

  function record(command: RedisCommand): RedisCommand {
    commandNames.push(command.name);
    return command;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    token,
    get requests() {
      return requests;
    },
    get commands() {
      return commandNames.length;
    },
    get commandNames() {
      return commandNames;
    },
    resetCounts: () => {
      requests = 0;
      commandNames = [];
    },
    setFault: async (next) => {
      fault = next;
      if (fault === "refuse") await close(server);
      else if (!server.listening) await listen(server, port);
    },
    stop: async () => {
      await close(server);
      redis.disconnect();
    },
  };
}

/** Text as the service writes it: with base64 every string, at any depth, but a plain OK. */
function encodeReply(reply: unknown, base64: boolean): unknown {
  if (Buffer.isBuffer(reply)) {
    if (!base64) return reply.toString("utf8");
    return reply.equals(OK) ? "OK" : reply.toString("base64");
  }
  if (Array.isArray(reply)) return reply.map((item) => encodeNested(item, base64));
  return reply;
}

function encodeNested(item: unknown, base64: boolean): unknown {
  if (item instanceof Error) return encodeNested(Buffer.from(item.message), base64);
  // The client decodes every string inside an array, OK as well.
  if (Buffer.isBuffer(item)) return item.toString(base64 ? "base64" : "utf8");
  return encodeReply(item, base64);
}

const OK = Buffer.from("OK");

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RefusedCommand("ERR failed to parse request");
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, status: number, body: unknown, type = "application/json"): void {
  response.writeHead(status, { "content-type": type, "upstash-sync-token": "test" });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
