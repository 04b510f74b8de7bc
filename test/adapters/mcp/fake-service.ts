import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The how-manyth connection it came over, from 1. */
  connection: number;
  /** When it arrived, ms of performance.now(). */
  at: number;
}

/** What the service does with one request. */
export type Reaction = (
  response: ServerResponse,
  about: { socket: Socket; seen: SeenRequest },
) => void | Promise<void>;

export interface FakeService {
  url: string;
  requests: SeenRequest[];
  connections(): number;
  openSockets(): number;
  /** What happens to the next requests, one each; afterwards `otherwise`. */
  script(...reactions: Reaction[]): void;
  otherwise(reaction: Reaction): void;
  /** Resolves once there have been `count` requests. */
  arrived(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts an analysis service on loopback that does what the test says. By default it answers correctly. */
export async function startFakeService(): Promise<FakeService> {
  const requests: SeenRequest[] = [];
  const sockets = new Map<Socket, number>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let connections = 0;
  let queue: Reaction[] = [];
  let fallback: Reaction = answers();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(parts).toString(),
      connection: sockets.get(request.socket) ?? 0,
      at: performance.now(),
    };
    requests.push(seen);
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    await (queue.shift() ?? fallback)(response, { socket: request.socket, seen });
  };
  // A client that leaves in the middle of its own body is what some tests are about.
  const server = createServer((request, response) => void handle(request, response).catch(() => {}));
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    sockets.set(socket, ++connections);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => connections,
    openSockets: () => sockets.size,
    script: (...reactions) => {
      queue = reactions;
    },
    otherwise: (reaction) => {
      fallback = reaction;
    },
    arrived: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.keys()) socket.destroy();
      await closed;
    },
  };
}

/** A correct answer, of the PEG's values, as an object to be bent by a test. */
// biome-ignore lint/suspicious/noExplicitAny: tests bend it into shapes that no type allows
export function goodAnswer(pegs: number = 1, values: number = 3): any {
  const side = (base: number) => ({
    avg: base,
    rsd: 0.5,
    values: Array.from({ length: values }, (_, i) => base + (i % 10) / 10),
    count: values,
  });
  const period = { n1_start: "2024-01-01", n1_end: "2024-01-07T23:59:59Z" };
  return {
    success: true,
    data: {
      peg_comparison_results: Array.from({ length: pegs }, (_, i) => ({
        peg_name: `PEG_${i}`,
        weight: 5,
        n1_period: side(97),
        n_period: side(99),
        comparison: {
          change_percent: 2.06,
          change_absolute: 2,
          trend: "stable",
          significance: "low",
          confidence: 0.68,
        },
        metadata: { cell_id: "ALL", calculated_at: "2024-01-15T10:30:00", data_quality: "high" },
      })),
      summary: {
        total_pegs: pegs,
        improved: 0,
        declined: 0,
        stable: pegs,
        weighted_avg_change: 2.06,
        overall_trend: "improving",
      },
      analysis_metadata: {
        calculated_at: "2024-01-15T10:30:00.123456",
        algorithm_version: "v2.1.0",
        period_definition: { ...period, n_start: "2024-01-08 00:00:00", n_end: "2024-01-14T23:59:59+00:00" },
      },
    },
    processing_time: 1.23,
    mcp_version: "v2.1.0",
  };
}

export const answers =
  (answer: unknown = goodAnswer(), status = 200): Reaction =>
  (response) =>
    sendText(response, status, typeof answer === "string" ? answer : JSON.stringify(answer));

export const status =
  (code: number, headers: Record<string, string> = {}): Reaction =>
  (response) => {
    response.writeHead(code, headers).end("upstream text that must not leak");
  };

/** Never answers. */
export const hangs: Reaction = () => {};

/** Sends headers and half a body, and then nothing. */
export const hangsInBody: Reaction = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"success":');
};

/** Sends a byte every 5 ms, for ever: no single wait is long, the whole is. */
export const trickles: Reaction = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), 5);
  response.on("close", () => clearInterval(timer));
};

/** Promises more bytes than it sends, then closes. */
export const truncates: Reaction = (response, { socket }) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100000" });
  response.write('{"success":true,');
  setImmediate(() => socket.destroy());
};

/** A reset in place of an answer. */
export const resets: Reaction = (_, { socket }) => {
  socket.resetAndDestroy();
};

function sendText(response: ServerResponse, status: number, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length });
  response.end(bytes);
}
