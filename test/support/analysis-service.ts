import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH, MCP_STATUS_PATH } from "../../src/contract/mcp-protocol.js";
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
  /** Holds comparisons back until the returned function is called; those of the asynchronous form are begun. */
  hold(): () => void;
  /** What the asynchronous form tells of a comparison that is held, in percent; 0 at first. */
  tellProgress(percent: number): void;
  /** Whether there is an asynchronous form; there is at first. */
  offerAsync(offered: boolean): void;
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

  let heldProgress = 0;
  let asyncOffered = true;
  let tasks = 0;
  /** The real service's id of each task, once it has begun there. */
  const begun = new Map<string, string>();

  function tell(response: ServerResponse, status: number, body: object): void {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  /** Begins at once, as far as the caller can see, and in truth when comparisons are not held any more. */
  function begin(body: Buffer, response: ServerResponse): void {
    const id = String(++tasks);
    const started = gate.then(async () => {
      const answer = await fetch(realUrl + MCP_ASYNC_PATH, { method: "POST", body: new Uint8Array(body) });
      const { task_id } = (await answer.json()) as { task_id: string };
      begun.set(id, task_id);
    });
    started.catch(() => undefined);
    tell(response, 202, { task_id: id });
  }

  async function tellStatus(id: string, response: ServerResponse): Promise<void> {
    const real = begun.get(id);
    if (real === undefined) return tell(response, 200, { status: "PROCESSING", progress: heldProgress });
    const answer = await fetch(`${realUrl}${MCP_STATUS_PATH}/${real}`);
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(Buffer.from(await answer.arrayBuffer()));
  }

  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (path !== MCP_ANALYSIS_PATH && !asyncOffered) {
      request.resume();
      return tell(response, 404, { detail: "Not Found" });
    }
    // Only what is asked to be compared is counted, and answered as planned.
    if (path.startsWith(MCP_STATUS_PATH)) {
      void tellStatus(path.slice(MCP_STATUS_PATH.length + 1), response).catch(() => response.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      bodies.push(body.toString("utf8"));
      arrived();
      const answer = planned.shift() ?? always;
      if (answer) answer(response);
      else if (path === MCP_ASYNC_PATH) begin(body, response);
      else void forward(`${realUrl}${path}`, body, response);
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
    tellProgress: (percent) => {
      heldProgress = percent;
    },
    offerAsync: (offered) => {
      asyncOffered = offered;
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
