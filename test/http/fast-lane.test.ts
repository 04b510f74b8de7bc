import { Agent, type IncomingMessage, request as send } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { EncodedAnswer } from "../../src/domain/comparison/encoded-answer.js";
import { readOriginHeaders } from "../../src/http/cors.js";
import { createFastLane, type FastLane } from "../../src/http/fast-lane.js";
import { createHttpServer, type HttpServer } from "../../src/http/server.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { withoutTrace } from "../support/faces.js";

const REQUESTS = 10_000;
const NOW = Date.UTC(2026, 0, 1);
/** Put forward after each pair: limits are used up, and free again. */
let now = NOW;
const FORWARD_MS = 400;
const ORIGINS = ["https://listed.example", "http://127.0.0.1:5173"];
const TOKEN = { now: NOW, expiresInSeconds: 86_400 };

interface Question {
  method: string;
  target: string;
  /** Name and value in turn, in their order, and some of them twice. */
  headers: string[];
  /** In the place of the user in a token. */
  user: string;
}

interface Reply {
  status: number | undefined;
  headers: string[];
  body: string;
}

/** Both roads over the same services, so that they read the same caches. */
let backend: TestBackend;
const roads: { server: HttpServer; url: URL; agent: Agent; name: string }[] = [];
/** What a user is on either road: limits are counted apart, and come to the same. */
const tokens = new Map<string, string>();
let taken = 0;

beforeAll(async () => {
  backend = await startBackend(
    {
      RATE_LIMIT_GET: "20/1m",
      RATE_LIMIT_STATUS: "10/1m",
      RATE_LIMIT_ALL: "2500/1h",
      CORS_ORIGINS: ORIGINS.join(),
    },
    { clock: { now: () => now } },
  );
  const { app, services } = backend.runtime;
  const lane = createFastLane(services, await readOriginHeaders(ORIGINS));
  const counted: FastLane = (incoming, response) => {
    const served = lane(incoming, response);
    if (served) taken++;
    return served;
  };
  for (const [name, road] of [
    ["short", createHttpServer(app, {}, counted)],
    ["ordinary", createHttpServer(app)],
  ] as const) {
    const { url } = await road.listen("127.0.0.1", 0);
    roads.push({
      name,
      server: road,
      url: new URL(url),
      agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    });
  }
  const owner = await backend.clientOf("owner", TOKEN);
  for (const [id, pegs] of [
    ["small", 2],
    ["large", 40],
    ["stored", 2],
  ] as const) {
    await owner.analysis.create.mutate(sampleAnalysis({ id, pegs }));
    await owner.pegComparison.get.query({ id });
    await owner.pegComparison.summary.query({ id });
    await owner.pegComparison.get.query({ id, include_metadata: false });
  }
  services.answers.drop("stored");
  for (const { name } of roads) {
    for (const user of ["reader", "busy"]) {
      for (const id of ["small", "large"])
        await owner.permission.grant.mutate({ id, user_id: `${user}-${name}`, permission_type: "read" });
    }
    for (const user of ["reader", "busy", "stranger"])
      tokens.set(`${user} ${name}`, await tokenFor(`${user}-${name}`, TOKEN));
    const operator = await tokenFor(`operator-${name}`, { ...TOKEN, scope: "peg:admin" });
    tokens.set(`operator ${name}`, operator);
    tokens.set(`expired ${name}`, await tokenFor("reader", { now: NOW - 7_200_000 }));
    tokens.set(`forged ${name}`, `${operator.slice(0, -4)}AAAA`);
  }
});
afterAll(async () => {
  for (const { agent } of roads) agent.destroy();
  await Promise.all(roads.map(({ server }) => server.close(async () => undefined)));
  await backend.stop();
});

function ask({ url, agent, name }: (typeof roads)[number], question: Question): Promise<Reply> {
  const token = tokens.get(`${question.user} ${name}`) ?? "";
  const headers = question.headers.map((text) => text.replace("TOKEN", token));
  if (!headers.some((text) => text.toLowerCase() === "host")) headers.push("Host", "peg.example");
  return new Promise((resolve, reject) => {
    const { hostname, port } = url;
    const { method, target: path } = question;
    const sent = send({ hostname, port, agent, method, path, headers, setHost: false });
    sent.once("error", reject);
    sent.once("response", (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const bytes = Buffer.concat(chunks);
        const text = decoded(bytes, response.headers["content-encoding"]).toString();
        // A stream, which the ordinary road alone answers, brings its answers in whatever order they come.
        const streamed = response.headers["transfer-encoding"] !== undefined;
        // Which calls of a batch the limit lets pass is promised to nobody.
        const limited = text.startsWith("[") && text.includes('"API_RATE_LIMIT_EXCEEDED"');
        const body = streamed ? "a stream" : limited ? "a batch, in part over its limit" : text;
        // An id that was drawn does not compress to the same length each time.
        const drawn = text !== bytes.toString() && text.includes('"request_id"');
        const headers = headersOf(response).filter(
          (line) => !(drawn || limited) || !line.startsWith("content-length"),
        );
        resolve({ status: response.statusCode, headers, body });
      });
    });
    sent.end();
  });
}

function decoded(bytes: Buffer, encoding: string | undefined): Buffer {
  // Not there in answers to HEAD, whatever the head says.
  if (encoding === undefined || bytes.byteLength === 0) return bytes;
  return encoding === "br" ? brotliDecompressSync(bytes) : gunzipSync(bytes);
}

/** By name, without the time and without an id that was drawn. */
function headersOf({ rawHeaders }: IncomingMessage): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i]?.toLowerCase(), rawHeaders[i + 1]];
    if (name === "date") continue;
    lines.push(`${name}: ${name === "x-request-id" ? value.replace(UUID, "UUID") : value}`);
  }
  return lines.sort();
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const withoutMoments = (reply: Reply): Reply => ({
  ...reply,
  body: withoutTrace(reply.body),
});

const some = <T>(...values: T[]) => fc.constantFrom(...values);
/** Mostly the first. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 4 }, { arbitrary: some(...others), weight: 1 });
const analysis = mostly("small", "large", "stored", "nowhere", "with space", "", "a/b", "__proto__", "é");

const fields = fc.record(
  {
    id: fc.oneof(
      { arbitrary: analysis, weight: 6 },
      { arbitrary: some<unknown>(7, null, ["small"]), weight: 1 },
    ),
    include_metadata: some<unknown>(true, false, "true", 1),
    cache_ttl: some<unknown>(0, 3600, -1, 1e9, "60"),
    task_id: some<unknown>("00000000-0000-4000-8000-000000000000", "x"),
    unknown: some<unknown>(1),
  },
  { requiredKeys: ["id"] },
);
const usualFields = analysis.map((id) => ({ id }));
const input = fc.oneof(
  { arbitrary: usualFields, weight: 5 },
  { arbitrary: fields, weight: 2 },
  { arbitrary: some<unknown>(null, [], "small", 1), weight: 1 },
);
const envelope = input.chain((json) =>
  mostly<unknown>(
    { json },
    json,
    { json, meta: { values: {} } },
    { json, meta: { values: { id: ["set"] } } },
    {},
  ),
);
const procedure = mostly(
  "pegComparison.get",
  "pegComparison.summary",
  "pegComparison.status",
  "analysis.byId",
  "analysis.list",
  "analysis.create",
  "pegComparison.watch",
  "pegComparison.nothing",
  "toString",
);
const query = (text: string) => encodeURIComponent(text);

const single = fc
  .record({ procedure, envelope, extra: mostly("", "&input=1", "&batch=0", "&x=1", "&batch=1") })
  .map(
    ({ procedure, envelope, extra }) => `/trpc/${procedure}?input=${query(JSON.stringify(envelope))}${extra}`,
  );
const batch = fc
  .array(fc.record({ procedure, envelope }), { minLength: 1, maxLength: 12 })
  .map(
    (calls) =>
      `/trpc/${calls.map((call) => call.procedure).join(",")}?batch=1&input=${query(
        JSON.stringify(Object.fromEntries(calls.map((call, i) => [i, call.envelope]))),
      )}`,
  );
const rest = fc
  .record({
    id: analysis.map((id) => encodeURIComponent(id)),
    end: mostly("", "/summary", "/status", "/nothing", "/"),
    query: mostly(
      "",
      "?include_metadata=false",
      "?include_metadata=yes",
      "?cache_ttl=60",
      "?cache_ttl=x&cache_ttl=1",
      "?format=csv",
      "?format=xml",
      "?id=small",
      "?unknown=%20",
      "?",
    ),
  })
  .map(({ id, end, query }) => `/api/analysis/results/${id}/peg-comparison${end}${query}`);
const target = fc.oneof(
  { arbitrary: single, weight: 4 },
  { arbitrary: batch, weight: 2 },
  { arbitrary: rest, weight: 4 },
  {
    arbitrary: some(
      "/trpc/pegComparison.get?input=%7B",
      "/trpc/pegComparison.get?input=%ZZ",
      "/trpc/pegComparison.get",
      "/trpc/pegComparison.get/?input=%7B%7D",
      "/trpc/pegComparison%2Eget?input=%7B%22json%22%3A%7B%22id%22%3A%22small%22%7D%7D",
      "/trpc/../trpc/pegComparison.get?input=%7B%22json%22%3A%7B%22id%22%3A%22small%22%7D%7D",
      "/trpc/pegComparison.get?input={%22json%22:{%22id%22:%22small%22}}",
      "/api/analysis/results/./peg-comparison",
      "/api/analysis/results/../peg-comparison",
      "/api/analysis/results/small//peg-comparison",
      "/api/analysis/results/peg-comparison/peg-comparison/status",
    ),
    weight: 1,
  },
);

const header = (name: string, ...values: (string | undefined)[]) =>
  some(...values).map((value) => (value === undefined ? [] : [name, value]));
const headers = fc
  .tuple(
    mostly(["Authorization", "Bearer TOKEN"], [], ["authorization", "bearer TOKEN"]).chain((usual) =>
      mostly(
        usual,
        ["Authorization", "Bearer  TOKEN"],
        ["Authorization", "Basic eDp5"],
        ["Authorization", "Bearer TOKEN", "authorization", "Bearer TOKEN"],
      ),
    ),
    header(
      "Accept",
      undefined,
      "*/*",
      "application/json",
      "text/csv",
      "text/csv;q=0.5, */*",
      "application/jsonl",
    ),
    header(
      "Accept-Encoding",
      undefined,
      "gzip",
      "br, gzip",
      "gzip;q=0",
      "*",
      "identity",
      "x".repeat(1200),
      "GZIP",
    ),
    header("Accept-Language", undefined, "ko", "en", "ko-KR,en;q=0.5", "fr", "*", "ko".repeat(600)),
    mostly<string[]>(
      [],
      ["If-None-Match", "*"],
      ["If-None-Match", 'W/"x", "y"'],
      ["If-None-Match", "*", "if-none-match", "z"],
    ),
    mostly<string[]>(
      ["X-Request-Id", "r-1"],
      [],
      ["X-Request-Id", "no id\tat all"],
      ["X-Request-Id", "a", "x-request-id", "b"],
    ),
    mostly<string[]>(
      [],
      ["Trpc-Accept", "application/jsonl"],
      ["Origin", "https://elsewhere.example"],
      ["Origin", "https://listed.example"],
      ["Origin", "http://127.0.0.1:5173"],
      ["Origin", "https://listed.example", "origin", "null"],
      ["Content-Length", "0"],
      ["Sec-Fetch-Site", "cross-site"],
      ["Traceparent", "00-x"],
      ["Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Via", "1.1 mesh"],
      ["X-Forwarded-For", "10.0.0.1", "X-Forwarded-Host", "peg.example", "Cookie", "a=b"],
    ),
    mostly<string[]>(
      [],
      ["Host", "127.0.0.1:3000"],
      ["Host", "peg-1.example:65535"],
      ["Host", "peg.example:99999"],
      ["Host", "999.999.999.999"],
      ["Host", "0x7f.1"],
      ["Host", "a..b"],
      ["Host", "app.5g.example"],
      ["Host", "peg_bff:3000"],
      ["Host", "10-0-3-7.pods.cluster.local:8080"],
      ["Host", "a.5g"],
      ["Host", "a.0x1"],
      ["Host", "xn--zz--zz.example"],
      ["Host", "xn--bcher-kva.example"],
      ["Host", "UPPER.example"],
      ["Host", "a.example", "Host", "b.example"],
      ["Host", "[::1]:80"],
    ),
  )
  .map((parts) => parts.flat());
const question: fc.Arbitrary<Question> = fc.record({
  method: mostly("GET", "HEAD", "POST", "DELETE"),
  target,
  headers,
  user: mostly("operator", "reader", "busy", "stranger", "expired", "forged"),
});

test(`answers as the ordinary road does, byte for byte and with every header, ${REQUESTS} requests`, {
  timeout: 300_000,
}, async () => {
  const statuses = new Map<number | undefined, number>();
  const [short, ordinary] = roads as [(typeof roads)[number], (typeof roads)[number]];
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      const before = taken;
      const [one, other] = [await ask(short, asked), await ask(ordinary, asked)];
      now += FORWARD_MS;
      expect(withoutMoments(one)).toEqual(withoutMoments(other));
      if (taken > before) statuses.set(one.status, (statuses.get(one.status) ?? 0) + 1);
    }),
    { numRuns: REQUESTS },
  );
  // The short road was gone often enough, and told of more than success.
  console.log(`the short road answered ${taken} requests`, Object.fromEntries(statuses));
  expect(taken).toBeGreaterThan(REQUESTS / 5);
  for (const status of [200, 207, 304, 400, 401, 403, 404, 429]) expect(statuses.has(status)).toBe(true);
});

test.each<[string, string[]]>([
  ["a host in a cluster", ["Host", "10-0-3-7.pods.cluster.local:8080"]],
  ["a service of compose", ["Host", "peg_bff:3000"]],
  ["a name with a label that begins with a digit", ["Host", "app.5g.example"]],
  ["an address", ["Host", "127.0.0.1:3000"]],
  ["a mesh that traces", ["Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]],
  [
    "a proxy",
    ["Via", "1.1 x", "X-Forwarded-For", "10.0.0.1", "Forwarded", "for=10.0.0.1", "X-Real-Ip", "10.0.0.1"],
  ],
  [
    "a browser",
    ["Sec-Fetch-Site", "same-origin", "Cookie", "a=b", "Accept-Encoding", "gzip, deflate, br, zstd"],
  ],
])("what comes by %s takes the short road", async (_, headers) => {
  const [short] = roads as [(typeof roads)[number]];
  now += 60_000;
  const before = taken;
  const target = "/api/analysis/results/small/peg-comparison";
  const asked = {
    method: "GET",
    target,
    headers: [...headers, "Authorization", "Bearer TOKEN"],
    user: "operator",
  };
  expect((await ask(short, asked)).status).toBe(200);
  expect(taken).toBe(before + 1);
});

test.each([
  ["999.999.999.999", 200],
  ["0x7f.1", 200],
  // What no address can hold is refused before it comes to a route.
  ["peg.example:99999", 400],
])("a route that is asked at %s answers %d", async (host, status) => {
  const target = "/api/analysis/results/small/peg-comparison";
  const headers = ["Host", host, "Authorization", "Bearer TOKEN"];
  for (const road of roads) {
    now += 60_000;
    expect((await ask(road, { method: "GET", target, headers, user: "operator" })).status).toBe(status);
  }
});

test.each([
  ["REST", "/api/analysis/results/large/peg-comparison"],
  ["tRPC", `/trpc/pegComparison.get?input=${encodeURIComponent('{"json":{"id":"large"}}')}`],
])(
  "a fault outside of any procedure is answered in the face's own form, on both roads: %s",
  async (_, target) => {
    const fault = vi
      .spyOn(EncodedAnswer.prototype, "variant")
      .mockRejectedValue(new Error("a fault of the tests"));
    try {
      const headers = ["Authorization", "Bearer TOKEN", "Accept-Encoding", "gzip"];
      const answers: unknown[] = [];
      for (const road of roads) {
        now += 60_000;
        const { status, body } = await ask(road, { method: "GET", target, headers, user: "operator" });
        answers.push([status, withoutTrace(body)]);
      }
      expect(answers[0]).toEqual([500, expect.stringContaining('"INTERNAL_ERROR"')]);
      expect(answers[0]).toEqual(answers[1]);
    } finally {
      fault.mockRestore();
    }
  },
);
