import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { MCP_ANALYSIS_PATH } from "../../../src/contract/mcp-protocol.js";
import { type ComparisonRequest, markedAnswer } from "./marked-data.js";
import type { Random } from "./random.js";
import type { Recorder } from "./recorder.js";

/** How long a comparison takes: mostly short, now and then long. */
export interface Pace {
  usualMs: number;
  slowMs: number;
  /** Of how many a slow one is. */
  slowShare: number;
}

/** An analysis service that notes each run in the history, and marks its answer. */
export interface MarkedService {
  readonly url: string;
  /** While it is away it answers 503. */
  setAway(away: boolean): void;
  stop(): Promise<void>;
}

export async function startMarkedService(
  recorder: Recorder,
  random: Random,
  pace: Pace,
): Promise<MarkedService> {
  let runs = 0;
  let away = false;

  async function compare(request: ComparisonRequest, response: ServerResponse): Promise<void> {
    const run = recorder.begin<"run">({
      kind: "run",
      client: "analysis service",
      user: "",
      server: -1,
      analysis: request.analysis_id,
      requestId: "",
      mark: request.raw_data.stats[0]?.avg ?? Number.NaN,
      run: ++runs,
    });
    // Also where the caller is gone, killed for instance: then nobody has the answer.
    response.once("close", () => {
      if (run.endedAt === Number.POSITIVE_INFINITY)
        recorder.end(run, { outcome: response.writableFinished ? "ok" : "unknown" });
    });
    await sleep(random.chance(pace.slowShare) ? pace.slowMs : random.below(pace.usualMs));
    if (!response.destroyed) response.end(JSON.stringify(markedAnswer(request, run.run)));
  }

  const server = createServer((incoming, response) => {
    response.setHeader("content-type", "application/json");
    const chunks: Buffer[] = [];
    incoming.on("error", () => undefined);
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      if (away) return void response.writeHead(503).end("{}");
      if (incoming.url !== MCP_ANALYSIS_PATH) return void response.writeHead(404).end("{}");
      const request = JSON.parse(Buffer.concat(chunks).toString("utf8")) as ComparisonRequest;
      compare(request, response).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setAway: (is) => {
      away = is;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
