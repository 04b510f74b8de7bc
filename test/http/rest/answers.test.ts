import { gunzipSync, gzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { comparisonCsv } from "../../../src/http/rest/comparison-csv.js";
import { startAnalysisService, type TestAnalysisService } from "../../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../../support/backend.js";

let service: TestAnalysisService;
let backend: TestBackend;
let authorization: string;

beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({
    MCP_URL: service.url,
    RATE_LIMIT_GET: "1000/1m",
    RATE_LIMIT_ALL: "1000/1m",
  });
  authorization = `Bearer ${await tokenFor("alice")}`;
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

function ask(path: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  return fetch(`${backend.url}/api/analysis/results${path}`, {
    ...init,
    headers: { authorization, ...headers },
  });
}

const sendJson = (method: string, path: string, body: unknown) =>
  ask(path, { "content-type": "application/json" }, { method, body: JSON.stringify(body) });

describe("statuses over plain HTTP", () => {
  test("a new analysis is 201, and Location leads to it", async () => {
    const created = await sendJson("POST", "", sampleAnalysis({ id: "made" }));
    expect(created.status).toBe(201);
    const location = created.headers.get("location") ?? "";
    expect(location).toBe("/api/analysis/results/made");
    const found = await fetch(backend.url + location, { headers: { authorization } });
    expect(await found.json()).toMatchObject({ id: "made", data_version: 1 });
    expect((await sendJson("POST", "", sampleAnalysis({ id: "made" }))).status).toBe(409);
  });

  test("a comparison that is still to come is 202, and Location leads to its task", async () => {
    const release = service.hold();
    await sendJson("POST", "", sampleAnalysis({ id: "coming" }));
    const pending = await ask("/coming/peg-comparison?async=true");
    expect(pending.status).toBe(202);
    expect(pending.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(pending.headers.get("etag")).toBeNull();
    const { task_id } = (await pending.json()) as { task_id: string };
    const location = pending.headers.get("location") ?? "";
    expect(location).toBe(`/api/analysis/results/coming/peg-comparison/status?task_id=${task_id}`);
    const status = await fetch(backend.url + location, { headers: { authorization } });
    expect(status.status).toBe(200);
    expect(status.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    expect(await status.json()).toMatchObject({ task_id });
    release();
    expect((await ask("/coming/peg-comparison")).status).toBe(200);
    const again = await ask("/coming/peg-comparison/recompute", {}, { method: "POST" });
    expect(again.status).toBe(202);
    expect(again.headers.get("location")).toMatch(/coming\/peg-comparison\/status\?task_id=/);
  });

  test("an error has the status of its code, and says in which request it happened", async () => {
    const response = await ask("/absent/peg-comparison", { "x-request-id": "mine" });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      success: false,
      error: { code: "PERMISSION_DENIED", request_id: "mine" },
    });
    const anonymous = await ask("/absent", { authorization: "" });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("errors come in Korean to those who ask for it, their codes do not", async () => {
    const response = await ask("/absent?x=1", { "accept-language": "ko-KR,ko;q=0.9,en;q=0.8" });
    expect(response.headers.get("content-language")).toBe("ko");
    expect(response.headers.get("vary")).toContain("accept-language");
    expect(await response.json()).toMatchObject({
      error: { code: "API_VALIDATION_ERROR", details: [{ path: "x", message: "알 수 없는 필드입니다" }] },
    });
  });
});

describe("what an answer varies by", () => {
  const variesBy = ({ headers }: Response) => (headers.get("vary") ?? "").toLowerCase().split(", ").sort();

  test("is told of the state of a task, which says in words why it failed", async () => {
    await sendJson("POST", "", sampleAnalysis({ id: "varied" }));
    const release = service.hold();
    const pending = await ask("/varied/peg-comparison?async=true");
    release();
    expect([pending.status, variesBy(pending)]).toEqual([
      202,
      ["accept", "accept-language", "authorization"],
    ]);
    await ask("/varied/peg-comparison");
    const status = await ask("/varied/peg-comparison/status");
    expect([status.status, variesBy(status)]).toEqual([200, ["accept-language", "authorization"]]);
    const held = { "if-none-match": status.headers.get("etag") ?? "" };
    const same = await ask("/varied/peg-comparison/status", held);
    expect([same.status, variesBy(same)]).toEqual([304, ["accept-language", "authorization"]]);
    const again = await ask("/varied/peg-comparison/recompute", {}, { method: "POST" });
    expect([again.status, variesBy(again)]).toEqual([202, ["accept-language"]]);
  });

  test("is the same of a 304 as of the 200 in whose place it stands, large or small", async () => {
    await sendJson("POST", "", sampleAnalysis({ id: "vast", pegs: 50 }));
    await sendJson("POST", "", sampleAnalysis({ id: "tiny", pegs: 1, samples: 1 }));
    await ask("/vast/peg-comparison");
    const large = ["/vast/peg-comparison", "/vast/peg-comparison?format=csv"];
    for (const path of [...large, "/tiny"]) {
      const whole = await ask(path);
      const same = await ask(path, { "if-none-match": whole.headers.get("etag") ?? "" });
      expect([path, whole.status, same.status]).toEqual([path, 200, 304]);
      expect(variesBy(same)).toEqual(variesBy(whole));
      expect(variesBy(same).includes("accept-encoding")).toBe(large.includes(path));
    }
  });
});

describe("entity tags", () => {
  const path = "/tagged/peg-comparison";
  beforeAll(async () => {
    await sendJson("POST", "", sampleAnalysis({ id: "tagged" }));
  });
  const tagOf = async (more = "", headers = {}) =>
    (await ask(path + more, headers)).headers.get("etag") ?? "";

  test("are the same for an answer that was computed and one that was cached", async () => {
    const first = await ask(path);
    expect(await first.json()).toMatchObject({ cached: false });
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    const tag = first.headers.get("etag") ?? "";
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    const second = await ask(path);
    expect(await second.json()).toMatchObject({ cached: true });
    expect(second.headers.get("etag")).toBe(tag);
  });

  test("spare the body where the caller has it: 304, charged as any call", async () => {
    const tag = await tagOf();
    for (const held of [tag, tag.slice(2), `"other", ${tag}`, "*"]) {
      const response = await ask(path, { "if-none-match": held });
      expect(response.status).toBe(304);
      expect(response.headers.get("etag")).toBe(tag);
      expect(await response.text()).toBe("");
      expect(response.headers.get("ratelimit")).toMatch(/^"get";r=\d+;t=\d+, "all";r=\d+;t=\d+$/);
    }
    expect((await ask(path, { "if-none-match": 'W/"other"' })).status).toBe(200);
  });

  test("are never a way around the permission", async () => {
    const tag = await tagOf();
    const mallory = `Bearer ${await tokenFor("mallory")}`;
    const response = await ask(path, { "if-none-match": tag, authorization: mallory });
    expect(response.status).toBe(403);
  });

  test("change with the data, and with what is asked for", async () => {
    const whole = await tagOf();
    const bare = await tagOf("?include_metadata=false");
    const table = await tagOf("?format=csv");
    expect(new Set([whole, bare, table]).size).toBe(3);
    const { stats, request_params, period_info } = sampleAnalysis({ factor: 2 });
    await sendJson("PUT", "/tagged/data", { data_version: 1, stats, request_params, period_info });
    expect((await ask(path, { "if-none-match": whole })).status).toBe(200);
    expect(await tagOf()).not.toBe(whole);
  });

  test("of a list change with what the caller may see", async () => {
    const bob = `Bearer ${await tokenFor("bob")}`;
    const before = (await ask("", { authorization: bob })).headers.get("etag") ?? "";
    expect((await ask("", { authorization: bob, "if-none-match": before })).status).toBe(304);
    await sendJson("PUT", "/tagged/permissions/bob", { permission_type: "read" });
    expect((await ask("", { authorization: bob, "if-none-match": before })).status).toBe(200);
  });
});

describe("a comparison as CSV", () => {
  const names = ["=1+1", "+SUM(A1)", "-2", "@x", "\uFF1Dx", 'a "quoted", name', "처리량"];
  beforeAll(async () => {
    const { period_info, stats } = sampleAnalysis({ pegs: 1 });
    const rows = names.flatMap((kpi_name) =>
      stats.map((row) => ({ ...row, kpi_name, avg: -(row.avg ?? 0) })),
    );
    await sendJson("POST", "", { id: "table", stats: rows, request_params: {}, period_info });
  });

  test("is given by Accept or by format, format first", async () => {
    const type = async (query: string, accept: string) =>
      (await ask(`/table/peg-comparison${query}`, { accept })).headers.get("content-type");
    expect(await type("", "text/csv")).toMatch(/^text\/csv/);
    expect(await type("", "application/json;q=0.5, text/csv")).toMatch(/^text\/csv/);
    expect(await type("?format=csv", "application/json")).toMatch(/^text\/csv/);
    expect(await type("?format=json", "text/csv")).toBe("application/json");
    expect(await type("", "text/csv;q=0.5, application/json")).toBe("application/json");
    expect(await type("", "*/*")).toBe("application/json");
  });

  test("says the same as JSON, and nothing in it is a formula to a spreadsheet", async () => {
    const text = await (await ask("/table/peg-comparison?format=csv")).text();
    const lines = parse(text, { columns: true, bom: true }) as Record<string, string>[];
    const answer = (await (await ask("/table/peg-comparison")).json()) as {
      data: { peg_comparison_results: { peg_name: string; n1_period: { avg: number } }[] };
    };
    const pegs = answer.data.peg_comparison_results;
    expect(lines.map((line) => Number(line.n1_avg))).toEqual(pegs.map((peg) => peg.n1_period.avg));
    expect(lines.map((line) => line.peg_name?.replace(/^'/, ""))).toEqual(pegs.map((peg) => peg.peg_name));
    const cells = lines.flatMap((line) => Object.values(line));
    // A number may begin with its sign.
    expect(cells.filter((cell) => /^[=+\-@\uFF1D]/.test(cell) && Number.isNaN(Number(cell)))).toEqual([]);
    expect(lines.map((line) => line.peg_name)).toContain("'-2");
  });

  test("is made once, and not at all for whoever has it", async () => {
    const { app } = backend.runtime;
    const path = "/api/analysis/results/table/peg-comparison?format=csv";
    const ask = (headers: Record<string, string> = {}, method = "GET") =>
      app.request(path, { method, headers: { authorization, ...headers } });
    const etag = (await ask()).headers.get("etag") ?? "";
    const [whole, small] = [await ask(), await ask({ "accept-encoding": "gzip" })];
    const lengthsOf = (answers: Response[]) => answers.map(({ headers }) => headers.get("content-length"));
    const read = vi.spyOn(JSON, "parse");
    const isReadAgain = () => read.mock.calls.some(([text]) => text.includes("peg_comparison_results"));
    try {
      const answers = [await ask(), await ask({}, "HEAD"), await ask({ "accept-encoding": "gzip" })];
      expect(lengthsOf(answers)).toEqual(lengthsOf([whole, whole, small]));
      expect(isReadAgain()).toBe(false);
      backend.runtime.services.answers.dropAll();
      await app.request(path.replace("csv", "json"), { headers: { authorization } });
      read.mockClear();
      expect((await ask({ "if-none-match": etag })).status).toBe(304);
      expect(isReadAgain()).toBe(false);
    } finally {
      read.mockRestore();
    }
  });

  test("of thousands of PEGs is written in pieces, and lets others have their turn", async () => {
    const pegs = Array.from({ length: 2_000 }, (_, i) => ({
      peg_name: `PEG ${i}`,
      weight: 1,
      n1_period: { avg: i, rsd: null, count: 1 },
      n_period: { avg: i, rsd: null, count: 1 },
      comparison: { change_absolute: 0, change_percent: 0, trend: "stable" },
    }));
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    const bytes = await comparisonCsv(
      Buffer.from(JSON.stringify({ data: { peg_comparison_results: pegs } })),
    );
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(1);
    const lines = parse(Buffer.from(bytes), { columns: true, bom: true }) as Record<string, string>[];
    expect(lines.map(({ peg_name }) => peg_name)).toEqual(pegs.map(({ peg_name }) => peg_name));
  });

  test("of another format is refused, by name", async () => {
    const response = await ask("/table/peg-comparison?format=xml");
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { details: [{ path: "format", message: "must be one of json, csv" }] },
    });
  });
});

test("large answers are compressed for those who take it, and say the same", async () => {
  await sendJson("POST", "", sampleAnalysis({ id: "large", pegs: 50 }));
  await ask("/large/peg-comparison");
  // fetch would decompress it unseen.
  const { app } = backend.runtime;
  const get = (encoding: string) =>
    app.request("/api/analysis/results/large/peg-comparison", {
      headers: { authorization, "accept-encoding": encoding },
    });
  const plain = await get("identity");
  const small = await get("gzip");
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(small.headers.get("content-encoding")).toBe("gzip");
  expect(small.headers.get("vary")?.toLowerCase()).toContain("accept-encoding");
  const [text, bytes] = [await plain.text(), Buffer.from(await small.arrayBuffer())];
  expect(bytes.byteLength).toBeLessThan(text.length / 3);
  expect(gunzipSync(bytes).toString()).toBe(text);
});

test("an answer that was computed for one caller is compressed quickly, and well for all who follow", async () => {
  const inputOf = (input: object) => encodeURIComponent(JSON.stringify(input));
  const paths = {
    once: "/api/analysis/results/once/peg-comparison",
    twice: `/trpc/pegComparison.get?input=${inputOf({ json: { id: "twice" } })}`,
    // As clients with a batch link ask: what they want within one moment goes as a list, which mostly has one call.
    thrice: `/trpc/pegComparison.get?batch=1&input=${inputOf({ 0: { json: { id: "thrice" } } })}`,
  };
  for (const [id, path] of Object.entries(paths)) {
    await sendJson("POST", "", sampleAnalysis({ id, pegs: 50 }));
    const get = async () => {
      const headers = { authorization, "accept-encoding": "gzip" };
      return Buffer.from(await (await backend.runtime.app.request(path, { headers })).arrayBuffer());
    };
    const [computed, cached] = [await get(), await get()];
    expect(gunzipSync(computed).includes('"cached":false')).toBe(true);
    expect(computed.byteLength).toBe(gzipSync(gunzipSync(computed), { level: 1 }).byteLength);
    expect(gunzipSync(cached).includes('"cached":true')).toBe(true);
    expect(cached.byteLength).toBe(gzipSync(gunzipSync(cached)).byteLength);
    expect(cached.byteLength).toBeLessThan(computed.byteLength);
  }
});

test("a task of any name that is not there is not found, by whoever may ask", async () => {
  await sendJson("POST", "", sampleAnalysis({ id: "named" }));
  for (const task of ["task_456", "x%20y", "%00", crypto.randomUUID()]) {
    const path = `/named/peg-comparison/status?task_id=${task}`;
    const found = await ask(path);
    expect(found.status).toBe(404);
    expect(await found.json()).toMatchObject({ error: { code: "TASK_NOT_FOUND" } });
    const stranger = await ask(path, { authorization: `Bearer ${await tokenFor("stranger")}` });
    expect(stranger.status).toBe(403);
  }
});

test("an answer is kept as one of those who wait for it asked, though another asked for it not to be", async () => {
  await sendJson("POST", "", sampleAnalysis({ id: "both" }));
  const release = service.hold();
  const asked = [ask("/both/peg-comparison?cache_ttl=0"), ask("/both/peg-comparison")];
  await service.nextCall();
  release();
  for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
  expect(backend.runtime.services.answers.has("peg_comparison", "both")).toBe(true);
});
