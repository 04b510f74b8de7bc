import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { mcpAnswerHead, mcpFailure, wirePegResult } from "../../src/contract/mcp-protocol.js";
import { createMcpServer, type McpServer, type McpServerOptions } from "../../src/mcp-server/server.js";
import { fixedClock, NOW, request, rows } from "./analysis-request.js";

const PATH = "/mcp/peg-comparison/analysis";
const MIB = 1024 * 1024;
const good = request(rows("RSRP", [-98, -98], [-88, -88]));
const servers: McpServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options: McpServerOptions = {}): Promise<string> {
  const server = createMcpServer({ clock: fixedClock(), ...options });
  servers.push(server);
  return (await server.listen("127.0.0.1", 0)).url;
}

interface Reply {
  status: number;
  body: { success?: boolean; error?: { code: string; message: string; details?: { path: string; message: string }[] } };
  headers: Headers;
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const answer = await fetch(url + PATH, { method: "POST", body: text as BodyInit, headers });
  return { status: answer.status, body: (await answer.json()) as Reply["body"], headers: answer.headers };
}

const refused = (code: string, message: string, details?: { path: string; message: string }[]) => ({
  success: false,
  error: { code, message, ...(details && { details }) },
});

/** A good request with one thing in it replaced. */
function but(change: (body: any) => void): unknown {
  const body = structuredClone(good);
  change(body);
  return body;
}

describe("a comparison", () => {
  test("is answered in the contract's words", async () => {
    const { status, body, headers } = await post(await start(), good);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
    const head = mcpAnswerHead.parse(body);
    expect(head).toMatchObject({ processing_time: 0.25, algorithm_version: "v2.1.0", data: { analysis_id: "analysis-1" } });
    expect(head.data.analysis_metadata.calculated_at).toEqual(new Date(NOW));
    const [peg] = (body as any).data.peg_comparison_results;
    expect(wirePegResult.parse(peg).comparison.change_absolute).toBe(10);
  });

  test("needs neither options nor definitions nor timestamps, and minds no unknown fields", async () => {
    const { analysis_id, raw_data } = good;
    const { stats, period_info } = raw_data;
    const extended = stats.map((row) => ({ ...row, vendor: "x" }));
    const answer = await post(await start(), { analysis_id, raw_data: { stats: extended, period_info }, trace: 1 });
    expect(answer.status).toBe(200);
  });

  test("takes times with and without a zone and tells them in UTC", async () => {
    const body = but(({ raw_data }) => {
      raw_data.period_info.n1_start = "2024-01-01T09:00:00+09:00";
      raw_data.period_info.n1_end = "2024-01-07 23:59:59";
    });
    const answer = await post(await start(), body);
    expect((answer.body as any).data.analysis_metadata.period_definition).toMatchObject({
      n1_start: "2024-01-01T00:00:00.000Z",
      n1_end: "2024-01-07T23:59:59.000Z",
    });
  });

  test("is of the version asked for", async () => {
    const answer = await post(await start(), but((body) => (body.options.algorithm_version = "v2.1.0")));
    expect(answer.status).toBe(200);
  });

  test("of 300,000 rows comes back whole", async () => {
    const half = Array.from({ length: 150_000 }, (_, index) => index);
    const answer = await post(await start(), request(rows("KPI", half, half)));
    expect((answer.body as any).data.peg_comparison_results[0].n_period.count).toBe(150_000);
  }, 30_000);
});

describe("a malformed request is refused, and each fault is named", () => {
  const row = (change: object) => but(({ raw_data }) => Object.assign(raw_data.stats[3], change));
  const at = (path: string, message: string) => [{ path, message }];

  test.each([
    ["an avg that is text", row({ avg: "NaN" }), at("raw_data.stats.3.avg", "must be a number or null")],
    ["no avg", row({ avg: undefined }), at("raw_data.stats.3.avg", "must be a number or null")],
    ["another period", row({ period: "N+1" }), at("raw_data.stats.3.period", 'must be "N-1" or "N"')],
    ["a KPI that is a number", row({ kpi_name: 5 }), at("raw_data.stats.3.kpi_name", "must be text")],
    ["no cell", row({ cell_id: undefined }), at("raw_data.stats.3.cell_id", "must be text")],
    ["a timestamp that is a number", row({ timestamp: 1 }), at("raw_data.stats.3.timestamp", "must be text")],
    ["a row that is null", but(({ raw_data }) => (raw_data.stats[3] = null)), at("raw_data.stats.3", "must be an object")],
    ["a row that is a list", but(({ raw_data }) => (raw_data.stats[3] = [])), at("raw_data.stats.3", "must be an object")],
    ["stats that are no list", but(({ raw_data }) => (raw_data.stats = {})), at("raw_data.stats", "must be a list of rows")],
    ["definitions that are a list", but(({ raw_data }) => (raw_data.peg_definitions = [])), at("raw_data.peg_definitions", "must be an object")],
    ["a time that is none", but(({ raw_data }) => (raw_data.period_info.n_end = "2024-02-30")), at("raw_data.period_info.n_end", "must be an ISO 8601 time")],
    ["an unknown version", but(({ options }) => (options.algorithm_version = "v9")), at("options.algorithm_version", "must be one of v2.1.0")],
  ])("%s", async (_, body, details) => {
    const answer = await post(await start(), body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(refused("API_VALIDATION_ERROR", "the request does not fit the protocol", details));
    expect(() => mcpFailure.parse(answer.body)).not.toThrow();
  });

  test.each([
    ["nothing of it", {}, ["analysis_id", "raw_data"]],
    ["a list", [], [""]],
    ["null", null, [""]],
    ["a bad id", but((body) => (body.analysis_id = "a b")), ["analysis_id"]],
    ["another policy for outliers", but(({ options }) => (options.outliers = "drop")), ["options.outliers"]],
    ["a weight out of range", but(({ raw_data }) => (raw_data.peg_definitions = { RSRP: { weight: 11 } })), ["raw_data.peg_definitions.RSRP.weight"]],
    ["a direction that is none", but(({ raw_data }) => (raw_data.peg_definitions = { RSRP: { direction: "up" } })), ["raw_data.peg_definitions.RSRP.direction"]],
    ["a definition that is null", but(({ raw_data }) => (raw_data.peg_definitions = { RSRP: null })), ["raw_data.peg_definitions.RSRP"]],
    ["a bad definition called __proto__", JSON.stringify(good).replace('"peg_definitions":{}', '"peg_definitions":{"__proto__":{"weight":"x"}}'), ["raw_data.peg_definitions.__proto__.weight"]],
  ])("%s", async (_, body, paths) => {
    const answer = await post(await start(), body);
    expect(answer.status).toBe(400);
    expect(answer.body.error?.details?.map(({ path }) => path)).toEqual(paths);
  });

  test("a thousand bad rows give 20 details", async () => {
    const answer = await post(await start(), but(({ raw_data }) => (raw_data.stats = new Array(1000).fill(1))));
    expect(answer.body.error?.details).toHaveLength(20);
  });

  test("more than 500,000 rows", async () => {
    const answer = await post(await start(), but(({ raw_data }) => (raw_data.stats = new Array(500_001).fill(0))));
    expect(answer.body.error?.details).toEqual([{ path: "raw_data.stats", message: "must hold at most 500000 rows" }]);
  });

  test.each([
    ["cut off", '{"analysis_id": "secret'],
    ["NaN, which JSON has not", '{"avg": NaN}'],
    ["empty", ""],
    ["not UTF-8", new Uint8Array([0x22, 0xff, 0xfe, 0x22])],
  ])("a body that is no JSON: %s", async (_, body) => {
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
    expect(answer.body).toEqual(refused("DATA_VALIDATION_ERROR", "the raw data holds numbers that are not finite", details));
  });

  test("no comparable PEG", async () => {
    const answer = await post(await start(), request([]));
    expect([answer.status, answer.body]).toEqual([422, refused("DATA_VALIDATION_ERROR", "no PEG can be compared", [])]);
  });

  test("a formula that is none", async () => {
    const answer = await post(await start(), request(good.raw_data.stats, { evil: { formula: "constructor.constructor('x')()" } }));
    expect([answer.status, answer.body.error?.code]).toEqual([422, "DATA_VALIDATION_ERROR"]);
  });
});

describe("a token", () => {
  const withToken = (authorization: string) => ({ authorization });

  test("that is right opens the door", async () => {
    const url = await start({ token: "s3cret" });
    expect((await post(url, good, withToken("Bearer s3cret"))).status).toBe(200);
    expect((await post(url, good, withToken("bearer s3cret"))).status).toBe(200);
  });

  test.each(["Bearer wrong", "Bearer s3cre", "Bearer s3cret2", "Bearer", "Basic s3cret", "s3cret", "Bearer s3cret x"])("that is %s does not", async (value) => {
    const answer = await post(await start({ token: "s3cret" }), good, withToken(value));
    expect([answer.status, answer.body]).toEqual([401, refused("API_AUTHENTICATION_ERROR", "a valid bearer token is needed")]);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("that is missing does not, whatever the body", async () => {
    expect((await post(await start({ token: "s3cret" }), "{")).status).toBe(401);
  });

  test("is not asked for by health or where none is set", async () => {
    expect((await fetch(`${await start({ token: "s3cret" })}/healthz`)).status).toBe(200);
    expect((await post(await start({ token: "" }), good, withToken("Bearer anything"))).status).toBe(200);
  });
});

describe("a body that is too long", () => {
  test("is refused before it is sent, by its declared length, and the connection stays usable", async () => {
    const url = await start({ bodyLimit: 1000 });
    const answer = await post(url, " ".repeat(2 * MIB));
    expect([answer.status, answer.body]).toEqual([413, refused("PAYLOAD_TOO_LARGE", "the body is longer than 1000 bytes")]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test("is refused without a declared length as well", async () => {
    const url = await start({ bodyLimit: MIB });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sending = httpRequest(url + PATH, { method: "POST" }, (answer) => {
        answer.resume();
        sending.destroy();
        resolve(answer.statusCode);
      });
      sending.on("error", reject);
      for (let chunk = 0; chunk < 20; chunk++) sending.write(Buffer.alloc(100_000, " "));
    });
    expect(status).toBe(413);
  });

  test("is one of more than 65 MiB where nothing else is said", async () => {
    const url = await start();
    expect((await post(url, " ".repeat(65 * MIB + 1))).status).toBe(413);
    const text = JSON.stringify(good);
    expect((await post(url, text.padEnd(64 * MIB))).status).toBe(200);
  }, 30_000);
});

describe("everything else", () => {
  test("health is told", async () => {
    const url = await start();
    const answer = await fetch(`${url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
    const head = await fetch(`${url}/healthz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test.each(["/", "/mcp/peg-comparison/analysis-async", "/mcp/peg-comparison/status/1", "/__proto__", `${PATH}/`])("%s is not there", async (path) => {
    const answer = await fetch((await start()) + path, { method: "POST" });
    expect([answer.status, await answer.json()]).toEqual([404, refused("NOT_FOUND", "there is nothing here")]);
  });

  test.each([["GET", PATH, "POST"], ["PUT", PATH, "POST"], ["POST", "/healthz", "GET, HEAD"]])("%s %s is not allowed", async (method, path, allow) => {
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
    const clock = { now: () => { throw fault; }, elapsed: () => 0 };
    const answer = await post(await start({ clock, onError: (error) => heard.push(error) }), good);
    expect([answer.status, answer.body]).toEqual([500, refused("INTERNAL_ERROR", "the analysis service failed")]);
    expect(heard).toEqual([fault]);
  });

  test("a caller that leaves in the middle of its body ends nothing", async () => {
    const url = await start();
    await new Promise<void>((resolve) => {
      const sending = httpRequest(url + PATH, { method: "POST", headers: { "content-length": 100 } });
      sending.on("error", () => {}).on("close", resolve);
      sending.on("socket", (socket) => socket.on("connect", () => sending.write("{", () => sending.destroy())));
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
