import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import { type ErrorBody, errorBody } from "../../src/contract/errors.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";

const KO = { "accept-language": "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7" };

let service: TestAnalysisService;
let backend: TestBackend;
let authorization: string;
let id: string;
beforeAll(async () => {
  service = await startAnalysisService();
  backend = await startBackend({
    MCP_URL: service.url,
    MCP_RETRIES: "0",
    RATE_LIMIT_GET: "100000/1m",
    RATE_LIMIT_STATUS: "3/1h",
    RATE_LIMIT_ALL: "100000/1m",
    CORS_ORIGINS: "https://dashboard.example.com",
  });
  authorization = `Bearer ${await tokenFor("alice")}`;
  ({ id } = await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis()));
});
afterAll(async () => {
  await backend?.stop();
  await service?.stop();
});

interface Refusal {
  status: number;
  headers: Headers;
  error: ErrorBody;
}

async function refusal(asked: Promise<Response>): Promise<Refusal> {
  const response = await asked;
  const answer: unknown = await response.json();
  const first = (Array.isArray(answer) ? answer[0] : answer) as {
    error: { json?: { message: string; data: { error: unknown } } };
  };
  const error = errorBody.parse(first.error.json?.data.error ?? first.error);
  if (first.error.json) expect(first.error.json.message).toBe(error.message);
  return { status: response.status, headers: response.headers, error };
}

function get(procedure: string, input: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const query = encodeURIComponent(JSON.stringify({ json: input }));
  return fetch(`${backend.url}/trpc/${procedure}?input=${query}`, {
    headers: { authorization, ...KO, ...headers },
  });
}

function post(procedure: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${backend.url}/trpc/${procedure}`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...KO, ...headers },
    body,
  });
}

describe("an error in Korean", () => {
  test.each<[string, () => Promise<Response>, string, string]>([
    [
      "a bad token",
      () => get("analysis.byId", { id }, { authorization: "Bearer x" }),
      "API_AUTHENTICATION_ERROR",
      "유효한 토큰이 필요합니다. Authorization: Bearer TOKEN 헤더로 보내십시오.",
    ],
    [
      "no permission",
      () => get("analysis.byId", { id: "absent" }),
      "PERMISSION_DENIED",
      "권한이 없습니다. 이 분석의 admin 권한을 가진 사용자에게 권한 부여를 요청하십시오.",
    ],
    [
      "no such task",
      () => get("pegComparison.status", { id }),
      "TASK_NOT_FOUND",
      "해당 작업이 없습니다. `async: true`로 비교분석을 요청하면 작업이 시작됩니다.",
    ],
    [
      "a taken id",
      () => post("analysis.create", JSON.stringify(sampleAnalysis({ id }))),
      "CONFLICT",
      "이 ID의 분석이 이미 있습니다. 다른 ID를 지정하거나 ID를 생략하십시오.",
    ],
    [
      "a moved version",
      () => post("analysis.replaceData", JSON.stringify({ ...sampleAnalysis({ id }), data_version: 9 })),
      "CONFLICT",
      "데이터의 현재 버전은 1입니다(요청한 버전: 9). 현재 데이터를 확인한 뒤 그 버전을 교체하십시오.",
    ],
    ["an unknown procedure", () => get("nowhere", {}), "API_VALIDATION_ERROR", "해당 프로시저가 없습니다."],
    [
      "a query by POST",
      () => post("analysis.byId", "{}"),
      "API_VALIDATION_ERROR",
      "쿼리는 GET으로, 뮤테이션은 POST로 요청해야 합니다.",
    ],
    [
      "no JSON",
      () => fetch(`${backend.url}/trpc/analysis.byId?input=%7B`, { headers: { authorization, ...KO } }),
      "API_VALIDATION_ERROR",
      "이 API가 받지 않는 요청입니다.",
    ],
    [
      "a body of another type",
      () => post("analysis.delete", "x", { "content-type": "text/plain" }),
      "API_VALIDATION_ERROR",
      "본문은 application/json이어야 합니다.",
    ],
    [
      "a body that is too large",
      () => post("analysis.delete", "x".repeat(300_000)),
      "PAYLOAD_TOO_LARGE",
      "이 요청의 본문은 최대 262144바이트까지 허용됩니다.",
    ],
    [
      "an unknown address",
      () => fetch(`${backend.url}/nowhere`, { headers: KO }),
      "API_VALIDATION_ERROR",
      "이 주소에는 아무것도 없습니다.",
    ],
  ])("tells of %s, with the code that it has in English", async (_, ask, code, message) => {
    const { error, headers } = await refusal(ask());
    expect([error.code, error.message]).toEqual([code, message]);
    expect(headers.get("content-language")).toBe("ko");
    expect(headers.get("vary")?.toLowerCase()).toContain("accept-language");
  });

  test("names the fields, each with what is wrong with it", async () => {
    const { error } = await refusal(
      get("pegComparison.get", { id: "a b", cache_ttl: -1, async: "yes", x: 1 }),
    );
    expect(error).toMatchObject({
      code: "API_VALIDATION_ERROR",
      message: "입력이 올바르지 않습니다. 해당 필드는 `details`에 있습니다.",
      details: [
        { path: "id", message: "A-Z a-z 0-9 . _ : - 문자로 1~255자여야 하며 . 또는 ..일 수 없습니다" },
        { path: "cache_ttl", message: "0 이상이어야 합니다" },
        { path: "async", message: "true 또는 false여야 합니다" },
        { path: "x", message: "알 수 없는 필드입니다" },
      ],
    });
    const rows = await refusal(
      post(
        "analysis.create",
        JSON.stringify({ ...sampleAnalysis(), stats: [{ kpi_name: "A", period: "N" }] }),
      ),
    );
    expect(rows.error.details).toEqual([
      { path: "stats.0.avg", message: "유한한 숫자 또는 null이어야 합니다" },
      { path: "stats.0.cell_id", message: "필수 항목이 없습니다" },
    ]);
  });

  test("tells of a limit, how long to wait", async () => {
    const asked = await Promise.all(Array.from({ length: 4 }, () => get("pegComparison.status", { id })));
    const last = asked.find(({ status }) => status === 429);
    const { error, headers } = await refusal(Promise.resolve(last as Response));
    expect(error.code).toBe("API_RATE_LIMIT_EXCEEDED");
    expect(error.message).toMatch(
      /^요청 한도\(3600초당 3회\)를 초과했습니다\. \d+초 후에 다시 시도하십시오\.$/,
    );
    expect(error.details?.[0]?.message).toBe("초과한 요청 한도입니다");
    expect(headers.get("retry-after")).toBe(String(error.retry_after));
  });

  test("comes to each call of a batch, and over a stream", async () => {
    const inputs = encodeURIComponent(JSON.stringify({ 0: { json: { id } }, 1: { json: { id: "absent" } } }));
    const batch = await fetch(`${backend.url}/trpc/analysis.byId,analysis.byId?batch=1&input=${inputs}`, {
      headers: { authorization, ...KO },
    });
    expect([batch.status, batch.headers.get("content-language")]).toEqual([207, "ko"]);
    expect(await batch.text()).toContain("권한이 없습니다.");
    const bob = { authorization: `Bearer ${await tokenFor("bob")}`, accept: "text/event-stream" };
    const stream = await get("pegComparison.watch", { id: "absent" }, bob);
    expect(await stream.text()).toContain("권한이 없습니다.");
  });

  test("reaches the typed client that asks for it", async () => {
    const korean = createPegClient({ url: backend.url, token: "rubbish", language: "ko" });
    const error = await korean.analysis.byId.query({ id }).catch((caught: unknown) => caught);
    expect(isPegError(error, "API_AUTHENTICATION_ERROR") && error.message).toContain(
      "유효한 토큰이 필요합니다.",
    );
    const watched = await new Promise((_, reject) => {
      korean.pegComparison.watch.subscribe({ id }, { onError: reject });
    }).catch((caught: unknown) => caught);
    expect(isPegError(watched) && watched.data.error.message).toContain("유효한 토큰이 필요합니다.");
  });

  test("is told of a task that failed before anybody asked in Korean", async () => {
    const owner = await backend.clientOf("owner");
    const { id: failing } = await owner.analysis.create.mutate(sampleAnalysis());
    service.misbehave((response) => response.end("no answer"));
    await owner.pegComparison.get.query({ id: failing }).catch(() => undefined);
    const statusIn = async (language: string) => {
      const token = await tokenFor("owner");
      const client = createPegClient({ url: backend.url, token, language });
      return (await client.pegComparison.status.query({ id: failing })).error;
    };
    expect(await statusIn("ko")).toEqual({
      code: "MCP_PROCESSING_ERROR",
      message:
        "분석 서비스가 응답했지만 결과가 올바르지 않아 아무것도 저장하지 않았습니다. 나중에 다시 시도하고, 계속되면 운영자에게 알려 주십시오.",
    });
    expect((await statusIn("en"))?.message).toMatch(/^The analysis service answered, but not/);
  });
});

test("an error is in English for whoever asks for that, or for nothing", async () => {
  for (const language of ["en", "fr"]) {
    const { error, headers } = await refusal(
      get("analysis.byId", { id: "absent" }, { "accept-language": language }),
    );
    expect(error.message).toBe("You have no permission for this. Ask an admin of the analysis to grant it.");
    expect(headers.get("content-language")).toBe("en");
  }
  const { headers } = await refusal(fetch(`${backend.url}/nowhere`));
  expect(headers.get("content-language")).toBe("en");
});

test("the language is one of several things that an answer varies by", async () => {
  const origin = "https://dashboard.example.com";
  const refused = await fetch(`${backend.url}/nowhere`, { headers: { origin } });
  expect(refused.headers.get("vary")?.toLowerCase().split(", ").sort()).toEqual([
    "accept-language",
    "origin",
  ]);
  for (const procedure of ["analysis.byId", "nowhere"]) {
    const { headers } = await get(procedure, { id: "absent" }, { origin });
    expect(headers.get("vary")?.toLowerCase().split(", ").sort()).toEqual([
      "accept",
      "accept-language",
      "origin",
      "trpc-accept",
    ]);
  }
});
