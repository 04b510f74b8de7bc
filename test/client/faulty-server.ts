import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import superjson from "superjson";
import { ERRORS, type ErrorBody, type ErrorCode } from "../../src/contract/errors.js";

/** How one request is met, given the procedures that it calls. */
export type Treatment = (response: ServerResponse, calls: string[]) => void;

/** What came in, and when. */
export interface Seen {
  method: string | undefined;
  calls: string[];
  atMs: number;
}

export interface FaultyServer {
  url: string;
  seen: Seen[];
  stop(): Promise<void>;
}

function send(response: ServerResponse, status: number, results: unknown[], batched = true): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(batched ? results : results[0]));
}

const found = () => ({ result: { data: superjson.serialize({ found: true }) } });

function failure(code: ErrorCode, retryAfter?: number): unknown {
  const { http, trpc } = ERRORS[code];
  const error: ErrorBody = {
    code,
    message: "a fault of the tests",
    timestamp: new Date().toISOString(),
    request_id: "r1",
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
  };
  const json = { code: -32603, message: error.message, data: { code: trpc, httpStatus: http, error } };
  return { error: { json } };
}

/** Answers every call. */
export const answer: Treatment = (response, calls) => send(response, 200, calls.map(found));

/** Ends the connection without a word. */
export const hangUp: Treatment = (response) => void response.destroy();

/** Ends the connection in the middle of an answer. */
export const breakOff: Treatment = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('[{"result":', () => response.destroy());
};

/** Refuses every call. */
export const refuse =
  (code: ErrorCode, retryAfter?: number): Treatment =>
  (response, calls) =>
    send(
      response,
      ERRORS[code].http,
      calls.map(() => failure(code, retryAfter)),
      response.req.method === "GET",
    );

/** Refuses the calls of one procedure and answers the others. */
export const refuseOnly =
  (procedure: string, code: ErrorCode): Treatment =>
  (response, calls) =>
    send(
      response,
      207,
      calls.map((call) => (call === procedure ? failure(code) : found())),
    );

/** A server that meets its first requests as told, and answers all later ones. */
export async function startFaultyServer(...first: Treatment[]): Promise<FaultyServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    const calls = pathname.slice("/trpc/".length).split(",");
    seen.push({ method: request.method, calls, atMs: performance.now() });
    (first[seen.length - 1] ?? answer)(response, calls);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
