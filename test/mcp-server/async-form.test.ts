import { afterEach, describe, expect, test } from "vitest";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH, MCP_STATUS_PATH } from "../../src/contract/mcp-protocol.js";
import { createMcpServer, type McpServer, type McpServerOptions } from "../../src/mcp-server/server.js";
import { analysisRequest } from "./large-request.js";

let server: McpServer | undefined;
afterEach(() => server?.close());

async function start(options: McpServerOptions = {}): Promise<string> {
  server = createMcpServer(options);
  return (await server.listen("127.0.0.1", 0)).url;
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: "POST", body: JSON.stringify(body), headers });

interface Status {
  status: string;
  progress: number;
  result?: unknown;
}

/** Asks until it is over; what was told, in order. */
async function follow(url: string, taskId: string): Promise<Status[]> {
  const told: Status[] = [];
  for (;;) {
    const answer = await fetch(`${url}${MCP_STATUS_PATH}/${taskId}`);
    const state = (await answer.json()) as Status;
    told.push(state);
    if (state.status !== "PROCESSING") return told;
  }
}

async function begin(url: string, body: unknown): Promise<string> {
  const answer = await post(url + MCP_ASYNC_PATH, body);
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { task_id: string }).task_id;
}

/** A clock on which nothing takes time, so that both forms answer alike. */
const still = { now: () => Date.UTC(2024, 0, 20), elapsed: () => 0 };

describe("the asynchronous form", () => {
  test("ends with what the synchronous one answers, to the byte", async () => {
    const url = await start({ clock: still });
    const request = analysisRequest({ pegs: 5, rows: 200 });
    const now = await (await post(url + MCP_ANALYSIS_PATH, request)).json();
    const told = await follow(url, await begin(url, request));
    expect(told.at(-1)).toMatchObject({ status: "COMPLETED", progress: 100 });
    expect(JSON.stringify(told.at(-1)?.result)).toBe(JSON.stringify(now));
  });

  test("tells how far it is while it computes, never less than before", async () => {
    // Each reading is a slice later: requests get their turn after each PEG.
    let elapsed = 0;
    const url = await start({ clock: { now: still.now, elapsed: () => (elapsed += 21) } });
    const told = await follow(url, await begin(url, analysisRequest({ pegs: 300, rows: 60_000 })));
    const progress = told.map((state) => state.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(new Set(progress.filter((percent) => percent > 0 && percent < 100)).size).toBeGreaterThan(2);
    expect(progress.at(-1)).toBe(100);
  });

  test("is started once by the same Idempotency-Key, whatever became of the first answer", async () => {
    const url = await start({ clock: still });
    const request = analysisRequest({ pegs: 2, rows: 40 });
    const startAs = async (key: string) => {
      const answer = await post(url + MCP_ASYNC_PATH, request, { "idempotency-key": key });
      expect(answer.status).toBe(202);
      return ((await answer.json()) as { task_id: string }).task_id;
    };
    const first = await startAs("k1");
    expect(await startAs("k1")).toBe(first);
    await follow(url, first);
    expect(await startAs("k1")).toBe(first);
    expect(await startAs("k2")).not.toBe(first);
    expect(await begin(url, request)).not.toBe(await begin(url, request));
  });

  test("fails as the synchronous one refuses", async () => {
    const url = await start({ clock: still });
    const request = analysisRequest({ pegs: 1, rows: 4 });
    request.raw_data.stats = request.raw_data.stats.filter(({ period }) => period === "N");
    const refused = await (await post(url + MCP_ANALYSIS_PATH, request)).json();
    expect(await follow(url, await begin(url, request))).toContainEqual(
      expect.objectContaining({ status: "FAILED", result: refused }),
    );
  });

  test("refuses at once what does not fit the protocol", async () => {
    const url = await start({ bodyLimit: 1000 });
    expect((await post(url + MCP_ASYNC_PATH, { analysis_id: "a" })).status).toBe(400);
    expect((await post(url + MCP_ASYNC_PATH, analysisRequest({ pegs: 9, rows: 900 }))).status).toBe(413);
  });

  test("asks for the token on both its paths", async () => {
    const url = await start({ token: "secret" });
    const request = analysisRequest({ pegs: 1, rows: 4 });
    expect((await post(url + MCP_ASYNC_PATH, request)).status).toBe(401);
    const headers = { authorization: "Bearer secret" };
    const { task_id } = (await (await post(url + MCP_ASYNC_PATH, request, headers)).json()) as {
      task_id: string;
    };
    expect((await fetch(`${url}${MCP_STATUS_PATH}/${task_id}`)).status).toBe(401);
    expect((await fetch(`${url}${MCP_STATUS_PATH}/${task_id}`, { headers })).status).toBe(200);
  });

  test("knows no other tasks, and forgets a result a minute after it was fetched", async () => {
    let elapsed = 0;
    const url = await start({ clock: { now: still.now, elapsed: () => elapsed } });
    expect((await fetch(`${url}${MCP_STATUS_PATH}/unknown`)).status).toBe(404);
    const id = await begin(url, analysisRequest({ pegs: 1, rows: 4 }));
    await follow(url, id);
    elapsed = 59_000;
    expect((await fetch(`${url}${MCP_STATUS_PATH}/${id}`)).status).toBe(200);
    elapsed = 60_001;
    expect((await fetch(`${url}${MCP_STATUS_PATH}/${id}`)).status).toBe(404);
  });

  test("takes no more than 16 at once, and says when to come again", async () => {
    const url = await start();
    const large = analysisRequest({ pegs: 200, rows: 40_000 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(url + MCP_ASYNC_PATH, large)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(16);
    for (const answer of refused) expect(answer.headers.get("retry-after")).toBe("5");
  });
});
