import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { MAX_BODY_BYTES } from "../contract/analysis.js";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH, MCP_STATUS_PATH } from "../contract/mcp-protocol.js";
import { carriesToken } from "./bearer-token.js";
import { ComparisonTasks } from "./comparison-tasks.js";
import { type Clock, compare, compareInSteps } from "./method/compare.js";
import { DataError } from "./method/data-error.js";
import { readJsonBody } from "./read-body.js";
import { readRequest } from "./read-request.js";
import { failureBody, Refusal } from "./refusal.js";

/** 64 MiB of raw data, and something around it. */
const BODY_LIMIT = MAX_BODY_BYTES + 1024 * 1024;
/** Longer than the keep-alive of the backend's pool, so that it never writes to a connection closed just now. */
const KEEP_ALIVE_MS = 65_000;
/** How long a request under way may take to end once the server is closed. */
const CLOSING_MS = 5000;

export interface McpServerOptions {
  /** Asked of each comparison as `Authorization: Bearer`; none where absent or empty. */
  token?: string | undefined;
  clock?: Clock;
  /** Longest body in bytes. */
  bodyLimit?: number;
  /** Hears what the caller is not told: the cause of an INTERNAL_ERROR. */
  onError?: (error: unknown) => void;
}

export interface McpServer {
  /** @param port 0 picks a free one */
  listen(host: string, port: number): Promise<{ url: string }>;
  /** Takes no more connections and waits, up to 5 seconds, for the requests under way. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  /** Encoded where it is text already. */
  body: object | string;
  headers?: Record<string, string>;
}

/** @param rest of the path, where a route has any */
type Handler = (request: IncomingMessage, rest: string) => Answer | Promise<Answer>;

interface Route {
  methods: readonly string[];
  handle: Handler;
}

/** To standard error, which the backend takes to its own where it has forked this. */
export function logError(error: unknown): void {
  process.stderr.write(`analysis service: ${error instanceof Error ? error.stack : String(error)}\n`);
}

const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };

/**
 * The bundled analysis service. It computes in its own event loop and answers nothing meanwhile, so it belongs in a
 * process of its own.
 */
export function createMcpServer(options: McpServerOptions = {}): McpServer {
  const { token, clock = systemClock, bodyLimit = BODY_LIMIT, onError = () => {} } = options;

  const checkToken = (request: IncomingMessage): void => {
    if (token && !carriesToken(request.headers.authorization, token)) {
      throw new Refusal(401, "API_AUTHENTICATION_ERROR", "a valid bearer token is needed");
    }
  };
  const tasks = new ComparisonTasks({ clock, describeFailure: (error) => failureOf(error).body });
  const analyse: Handler = async (request) => {
    checkToken(request);
    return { status: 200, body: compare(readRequest(await readJsonBody(request, bodyLimit)), clock) };
  };
  const startTask: Handler = async (request) => {
    checkToken(request);
    const steps = compareInSteps(readRequest(await readJsonBody(request, bodyLimit)), clock);
    const task_id = tasks.start(steps, request.headers["idempotency-key"]?.toString());
    return { status: 202, body: { task_id } };
  };
  const taskStatus: Handler = (request, id) => {
    checkToken(request);
    return { status: 200, body: tasks.status(id) };
  };
  const health: Handler = () => ({ status: 200, body: { status: "ok" } });
  const routes = new Map<string, Route>([
    [MCP_ANALYSIS_PATH, { methods: ["POST"], handle: analyse }],
    [MCP_ASYNC_PATH, { methods: ["POST"], handle: startTask }],
    [MCP_STATUS_PATH, { methods: ["GET"], handle: taskStatus }],
    ["/healthz", { methods: ["GET", "HEAD"], handle: health }],
  ]);

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const path = (request.url ?? "").split("?")[0] as string;
    const rest = path.startsWith(`${MCP_STATUS_PATH}/`) ? path.slice(MCP_STATUS_PATH.length + 1) : "";
    const route = routes.get(rest === "" ? path : MCP_STATUS_PATH);
    if (!route) throw new Refusal(404, "NOT_FOUND", "there is nothing here");
    if (route.methods.includes(request.method ?? "")) return await route.handle(request, rest);
    const refusal = new Refusal(
      405,
      "METHOD_NOT_ALLOWED",
      `only ${route.methods.join(", ")} is allowed here`,
    );
    return { ...failureOf(refusal), headers: { allow: route.methods.join(", ") } };
  };
  const failureOf = (error: unknown): Answer => {
    if (error instanceof DataError) return { status: 422, body: failureBody(error) };
    if (error instanceof Refusal) {
      const headers = {
        ...(error.status === 401 && { "www-authenticate": "Bearer" }),
        ...(error.retryAfter !== undefined && { "retry-after": String(error.retryAfter) }),
      };
      return { status: error.status, body: failureBody(error), headers };
    }
    onError(error);
    return {
      status: 500,
      body: failureBody({ code: "INTERNAL_ERROR", message: "the analysis service failed" }),
    };
  };
  const server = createServer((request, response) => {
    // The body is encoded inside the chain: an answer that cannot be is an INTERNAL_ERROR as well.
    answer(request)
      .then(encode)
      .catch((error: unknown) => encode(failureOf(error)))
      .then((encoded) => send(response, encoded), onError);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return {
    listen: (host, port) => listen(server, host, port),
    close: async () => {
      tasks.close();
      await close(server);
    },
  };
}

interface Encoded {
  status: number;
  text: string;
  headers: Record<string, string>;
}

function encode({ status, body, headers = {} }: Answer): Encoded {
  return { status, text: typeof body === "string" ? body : JSON.stringify(body), headers };
}

function send(response: ServerResponse, { status, text, headers }: Encoded): void {
  const type = { "content-type": "application/json; charset=utf-8" };
  response.writeHead(status, { ...headers, ...type, "content-length": Buffer.byteLength(text) }).end(text);
}

function listen(server: Server, host: string, port: number): Promise<{ url: string }> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      const bound = typeof address === "object" && address ? address.port : port;
      resolve({ url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` });
    });
  });
}

function close(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), CLOSING_MS);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
