import { request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { mcpAnswerHead, mcpFailure, wirePegResult } from "../../src/contract/mcp-protocol.js";
import { createMcpServer } from "../../src/mcp-server/server.js";
import { NOW, request, requestWith, rows } from "./analysis-request.js";
import { good, PATH, post, refused, start } from "./running-service.js";

describe("a comparison", () => {
  test("is answered in the contract's words", async () => {
    const { status, body, headers } = await post(await start(), good);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    const head = mcpAnswerHead.parse(body);
    expect(head).toMatchObject({
      processing_time: 0.25,
      algorithm_version: "v3.0.0",
      data: { analysis_id: "analysis-1" },
    });
    expect(head.data.analysis_metadata.calculated_at).toEqual(new Date(NOW));
    const [peg] = body.data?.peg_comparison_results ?? [];
    expect(wirePegResult.parse(peg).comparison.change_absolute).toBe(10);
  });

  test("needs neither options nor definitions nor timestamps, and minds no unknown fields", async () => {
    const { analysis_id, raw_data } = good;
    const { stats, period_info } = raw_data;
    const extended = stats.map((row) => ({ ...row, vendor: "x" }));
    const answer = await post(await start(), {
      analysis_id,
      raw_data: { stats: extended, period_info },
      trace: 1,
    });
    expect(answer.status).toBe(200);
  });

  test("takes times with and without a zone and tells them in UTC", async () => {
    const period_info = {
      ...good.raw_data.period_info,
      n1_start: "2024-01-01T09:00:00+09:00",
      n1_end: "2024-01-07 23:59:59",
    };
    const body = requestWith("raw_data.period_info", period_info);
    const answer = await post(await start(), body);
    expect(answer.body.data?.analysis_metadata.period_definition).toMatchObject({
      n1_start: "2024-01-01T00:00:00.000Z",
      n1_end: "2024-01-07T23:59:59.000Z",
    });
  });

  test("is of the version asked for", async () => {
    const answer = await post(await start(), requestWith("options.algorithm_version", "v2.1.0"));
    expect(answer.status).toBe(200);
  });

  test("of 300,000 rows comes back whole", async () => {
    const half = Array.from({ length: 150_000 }, (_, index) => index);
    const answer = await post(await start(), request(rows("KPI", half, half)));
    expect(answer.body.data?.peg_comparison_results[0]?.n_period.count).toBe(150_000);
  }, 30_000);
});

describe("a malformed request is refused with 400", () => {
  test("and its fault is named", async () => {
    const answer = await post(await start(), requestWith("raw_data.stats.3.avg", "NaN"));
    expect(answer.status).toBe(400);
    const details = [{ path: "raw_data.stats.3.avg", message: "must be a number or null" }];
    expect(answer.body).toEqual(
      refused("API_VALIDATION_ERROR", "the request does not fit the protocol", details),
    );
    expect(() => mcpFailure.parse(answer.body)).not.toThrow();
  });

  test.each([
    ["cut off", '{"analysis_id": "secret'],
    ["NaN, which JSON has not", '{"avg": NaN}'],
    ["empty", ""],
    ["not UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ])("as is a body that is no JSON: %s", async (_, body) => {
    const answer = await post(await start(), body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refused("API_VALIDATION_ERROR", "the body is not JSON"));
  });
});

describe("data that cannot be compared is refused with 422", () => {
  test("a number that is too large for a double names its row", async () => {
    const answer = await post(await start(), JSON.stringify(good).replace('"avg":-88', '"avg":1e999'));
    expect(answer.status).toBe(422);
    const details = [{ path: "raw_data.stats.2.avg", message: "must be a finite number or null" }];
    expect(answer.body).toEqual(
      refused("DATA_VALIDATION_ERROR", "the raw data holds numbers that are not finite", details),
    );
  });

  test("no comparable PEG", async () => {
    const answer = await post(await start(), request([]));
    expect([answer.status, answer.body]).toEqual([
      422,
      refused("DATA_VALIDATION_ERROR", "no PEG can be compared", []),
    ]);
  });

  test("a formula that is none", async () => {
    const answer = await post(
      await start(),
      request(good.raw_data.stats, { evil: { formula: "constructor.constructor('x')()" } }),
    );
    expect([answer.status, answer.body.error?.code]).toEqual([422, "DATA_VALIDATION_ERROR"]);
  });
});

describe("everything else", () => {
  test("health is told", async () => {
    const url = await start();
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
    const head = await fetch(`${url}/healthz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test.each(["/", "/__proto__", `${PATH}/`])("%s is not there", async (path) => {
    const answer = await fetch((await start()) + path, { method: "POST" });
    expect([answer.status, await answer.json()]).toEqual([
      404,
      refused("NOT_FOUND", "there is nothing here"),
    ]);
  });

  test.each([
    ["GET", PATH, "POST"],
    ["PUT", PATH, "POST"],
    ["GET", `${PATH}-async`, "POST"],
    ["POST", "/mcp/peg-comparison/status/1", "GET"],
    ["POST", "/healthz", "GET, HEAD"],
  ])("%s %s is not allowed", async (method, path, allow) => {
    const answer = await fetch((await start()) + path, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    expect(await answer.json()).toMatchObject({ success: false, error: { code: "METHOD_NOT_ALLOWED" } });
  });

  test("a query string changes nothing", async () => {
    expect((await fetch(`${await start()}/healthz?x=1`)).status).toBe(200);
  });

  test("a fault of our own is an INTERNAL_ERROR that tells its cause to the log only", async () => {
    const heard: unknown[] = [];
    const fault = new Error("secret cause");
    const clock = {
      now: () => {
        throw fault;
      },
      elapsed: () => 0,
    };
    const answer = await post(await start({ clock, onError: (error) => heard.push(error) }), good);
    expect([answer.status, answer.body]).toEqual([
      500,
      refused("INTERNAL_ERROR", "the analysis service failed"),
    ]);
    expect(heard).toEqual([fault]);
  });

  test("a caller that leaves in the middle of its body ends nothing", async () => {
    const url = await start();
    await new Promise<void>((resolve) => {
      const sending = httpRequest(url + PATH, { method: "POST", headers: { "content-length": 100 } });
      sending.on("error", () => {}).on("close", resolve);
      sending.on("socket", (socket) =>
        socket.on("connect", () => sending.write("{", () => sending.destroy())),
      );
    });
    expect((await post(url, good)).status).toBe(200);
  });
});

describe("starting and stopping", () => {
  test("a port that is taken is an error", async () => {
    const url = await start();
    const second = createMcpServer();
    await expect(second.listen("127.0.0.1", Number(new URL(url).port))).rejects.toThrow("EADDRINUSE");
  });

  test("closing ends it, and may be done twice", async () => {
    const server = createMcpServer();
    const { url } = await server.listen("127.0.0.1", 0);
    await fetch(`${url}/healthz`).then((answer) => answer.text());
    await server.close();
    await server.close();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
