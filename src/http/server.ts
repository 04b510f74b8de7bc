import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { createApp } from "./app.js";

const STOP_DEADLINE_MS = 25_000;

export interface HttpServer {
  /** @param port 0 picks a free one */
  listen(host: string, port: number): Promise<{ url: string }>;
  /** Takes no more requests, and lets those that run and `work` come to their end, within a bound. */
  close(work: () => Promise<unknown>): Promise<void>;
}

/** The app on a server of its own, with timeouts that fire. */
export function createHttpServer(app: ReturnType<typeof createApp>): HttpServer {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      // Without it Node looks at its timeouts every 30 s only.
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 65_000,
    },
    getRequestListener(app.fetch),
  );

  return {
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          resolve();
        });
      });
      const { port: taken } = server.address() as AddressInfo;
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}` };
    },

    async close(work) {
      const closed = server.listening && new Promise((resolve) => server.close(resolve));
      // A connection that was busy becomes idle later, and would be kept alive.
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
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
