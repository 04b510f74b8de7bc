import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createMcpServer } from "../../src/mcp-server/server.js";

/** What the service answers instead of a comparison. */
export type Misbehaviour = (response: ServerResponse) => void;

/** The bundled analysis service over HTTP, counted, and made to misbehave at will. */
export interface TestAnalysisService {
  readonly url: string;
  /** Comparisons asked for so far. */
  readonly calls: number;
  /** Every body that was asked with, newest last. */
  readonly bodies: readonly string[];
  /** The next calls, in order, are answered so; those after them as they should be. */
  misbehave(...answers: Misbehaviour[]): void;
  /** All calls are answered so until `behave`. */
  misbehaveAlways(answer: Misbehaviour): void;
  behave(): void;
  /** Holds comparisons back until the returned function is called. */
  hold(): () => void;
  /** Resolves when the next comparison, or one since the last call of this, has come in. */
  nextCall(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the service on a free port of 127.0.0.1. */
export async function startAnalysisService(): Promise<TestAnalysisService> {
  const real = createMcpServer();
  const { url: realUrl } = await real.listen("127.0.0.1", 0);
  const planned: Misbehaviour[] = [];
  let always: Misbehaviour | undefined;
  let gate: Promise<void> = Promise.resolve();
  let arrived = () => {};
  let arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const bodies: string[] = [];

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      bodies.push(body.toString("utf8"));
      arrived();
      const answer = planned.shift() ?? always;
      if (answer) answer(response);
      else void forward(`${realUrl}${request.url}`, body, response);
    });
  });

  async function forward(url: string, body: Buffer, response: ServerResponse): Promise<void> {
    await gate;
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: new Uint8Array(body) });
    response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get calls() {
      return bodies.length;
    },
    bodies,
    misbehave: (...answers) => void planned.push(...answers),
    misbehaveAlways: (answer) => {
      always = answer;
    },
    behave: () => {
      planned.length = 0;
      always = undefined;
    },
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    async nextCall() {
      await arrival;
      arrival = new Promise((resolve) => {
        arrived = resolve;
      });
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await real.close();
    },
  };
}
