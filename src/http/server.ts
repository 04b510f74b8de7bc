import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { createApp } from "./app.js";
import type { FastLane } from "./fast-lane.js";
import type { Gate } from "./overload-gate.js";
import { LATE_REQUEST_MS, QuietConnections } from "./quiet-connections.js";
import { secure } from "./security-headers.js";
import { StalledReaders } from "./stalled-readers.js";

const STOP_DEADLINE_MS = 25_000;

/** How long a client may take, in ms. */
export const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  // Without it Node looks at the two before every 30 s only.
  connectionsCheckingInterval: 1000,
  /** How long a connection may be idle, as each answer tells. */
  keepAliveTimeout: 5_000,
  /** How long the system may take nothing of what waits for a reader; looked at every connectionsCheckingInterval. */
  stalledTimeout: 60_000,
};
export type ServerTimeouts = Partial<typeof TIMEOUTS>;

export interface ServerLimits extends ServerTimeouts {
  /** Of those beyond it each is closed at once; as many as the system allows where absent. */
  maxConnections?: number | undefined;
}

export interface HttpServer {
  /**
   * @param port 0 picks a free one
   * @param own not one that the processes of WEB_CONCURRENCY share, as they would share even a free one
   */
  listen(host: string, port: number, own?: boolean): Promise<{ url: string }>;
  /** Asks every client to bring its next request elsewhere; those that come here are served. */
  drain(): void;
  /** Takes no more requests, and lets those that run and `work` come to their end, within a bound. */
  close(work: () => Promise<unknown>): Promise<void>;
}

/** Of two, Node takes the first, and a proxy before it may have taken the other. */
function hasOneHost({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === "host") hosts++;
  return hosts === 1;
}

/** Answers what is no request that the app could be given. */
function refuseUnreadable(error: unknown): Response {
  const response = new Response(null, {
    status: error instanceof RequestError ? 400 : 500,
    headers: { connection: "close" },
  });
  secure(response.headers);
  return response;
}

/**
 * The app on a server of its own, with timeouts that fire.
 *
 * @param lane asked first, where there is one
 * @param gate asked before both
 */
export function createHttpServer(
  app: ReturnType<typeof createApp>,
  { maxConnections, ...given }: ServerLimits = {},
  lane: FastLane = () => false,
  gate: Gate = () => true,
): HttpServer {
  const listener = getRequestListener(
    (request, env) =>
      hasOneHost(env.incoming) ? app.fetch(request, env) : refuseUnreadable(new RequestError("two Hosts")),
    { errorHandler: refuseUnreadable },
  );
  /** By connection, over which a client may ask more before it has the first answer. */
  const answering = new Map<Socket, Set<ServerResponse>>();
  /** Answers that had begun when the server began to drain: their heads do not say that the connection ends. */
  const begunBefore = new WeakSet<ServerResponse>();
  const quiet = new QuietConnections();
  let draining = false;
  const { stalledTimeout, ...timeouts } = { ...TIMEOUTS, ...given };
  const server = createServer(timeouts, (request, response) => {
    const here = answering.get(request.socket);
    here?.add(response);
    quiet.asked(request.socket);
    // Each comes once; to have Node take the listener away again costs as much as what it does.
    response.on("close", () => here?.delete(response));
    response.on("finish", () => {
      quiet.answered(request.socket, !begunBefore.has(response));
      // Node has set the socket's timeout by then, to what it told; newer releases add a second of their own.
      const { keepAliveTimeout } = server;
      if (request.socket.timeout === keepAliveTimeout)
        request.socket.setTimeout(keepAliveTimeout + LATE_REQUEST_MS);
    });
    if (draining) response.shouldKeepAlive = false;
    if (!gate(request, response)) return;
    if (!lane(request, response)) void listener(request, response);
  });
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  server.on("connection", (socket) => {
    quiet.opened(socket);
    const here = new Set<ServerResponse>();
    answering.set(socket, here);
    socket.once("close", () => {
      answering.delete(socket);
      // Node tells only the answer whose turn it was: whoever makes those behind it would never hear of the end.
      for (const response of here) if (!response.socket) response.destroy().emit("close");
    });
  });
  server.once("listening", () => {
    const every = timeouts.connectionsCheckingInterval;
    const readers = new StalledReaders(stalledTimeout / every);
    const looking = setInterval(() => readers.look(answering.keys()), every).unref();
    server.once("close", () => clearInterval(looking));
  });
  // Node's own, which it calls itself, would also close those whose first request is on its way, or whose last
  // answer is not written yet.
  let closingSince = Number.POSITIVE_INFINITY;
  server.closeIdleConnections = () => quiet.close(closingSince);

  return {
    async listen(host, port, own = false) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, host, exclusive: own }, () => {
          server.off("error", reject);
          resolve();
        });
      });
      const { port: taken } = server.address() as AddressInfo;
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}` };
    },

    drain() {
      draining = true;
      // With it the answer says `Connection: close`: a client learns it before it could send another request.
      for (const response of [...answering.values()].flatMap((here) => [...here])) {
        if (response.headersSent) begunBefore.add(response);
        else response.shouldKeepAlive = false;
      }
    },

    async close(work) {
      closingSince = performance.now();
      const closed = server.listening && new Promise((resolve) => server.close(resolve));
      // A connection that was busy becomes idle later, and would be kept alive.
      const sweep = setInterval(() => quiet.close(closingSince), 50);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, STOP_DEADLINE_MS);
      });
      await Promise.race([Promise.all([closed, work()]), late]);
      clearTimeout(timer);
      clearInterval(sweep);
      server.closeAllConnections();
    },
  };
}
