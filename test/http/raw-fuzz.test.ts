import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { errorBody } from "../../src/contract/errors.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { batchPath, PLENTY, queryPath } from "../support/faces.js";
import { SHARE } from "../support/mutations.js";
import { openSocket } from "../support/raw-request.js";

const REQUESTS = 250;
const AT_ONCE = 8;
/** The same bytes each time. */
const SEED = 4711;
/** What a server that waits for more is given. */
const PATIENCE_MS = 100;
const ID = "raw";

const closedRest = z.object({ success: z.literal(false), error: errorBody.strict() }).strict();
const closedTrpc = z.object({
  error: z.object({ json: z.object({ data: z.object({ error: errorBody.strict() }) }) }),
});

let backend: TestBackend;
let requests: string[];
const statuses = new Map<number, number>();
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);

beforeAll(async () => {
  process.on("unhandledRejection", onRejection);
  process.on("uncaughtException", onRejection);
  backend = await startBackend(PLENTY);
  await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: ID }));
  const head = `Host: x\r\nAuthorization: Bearer ${await tokenFor("alice")}\r\nAccept-Encoding: gzip\r\n`;
  const grant = JSON.stringify({ json: { id: ID, user_id: "bob", permission_type: "read" } });
  const rest = JSON.stringify({ permission_type: "read" });
  const json = "Content-Type: application/json\r\n";
  const address = `/api/analysis/results/${ID}`;
  requests = [
    `GET ${address} HTTP/1.1\r\n${head}\r\n`,
    `GET ${address}/peg-comparison?include_metadata=false HTTP/1.1\r\n${head}If-None-Match: *\r\n\r\n`,
    `GET ${queryPath("pegComparison.get", { id: ID })} HTTP/1.1\r\n${head}\r\n`,
    `GET ${batchPath([
      ["analysis.list", {}],
      ["analysis.byId", { id: ID }],
    ])} HTTP/1.1\r\n${head}\r\n`,
    `HEAD ${address} HTTP/1.1\r\n${head}\r\n`,
    `OPTIONS ${address} HTTP/1.1\r\n${head}Origin: https://x.example\r\n\r\n`,
    `POST /trpc/permission.grant HTTP/1.1\r\n${head}${json}Content-Length: ${grant.length}\r\n\r\n${grant}`,
    `PUT ${address}/permissions/bob HTTP/1.1\r\n${head}${json}Content-Length: ${rest.length}\r\n\r\n${rest}`,
    `PUT ${address}/permissions/bob HTTP/1.1\r\n${head}${json}Transfer-Encoding: chunked\r\n\r\n${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`,
    `DELETE ${address}/permissions/nobody HTTP/1.1\r\n${head}\r\n`,
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
  ];
}, 120_000);
afterAll(async () => {
  await backend?.stop();
  process.off("unhandledRejection", onRejection);
  process.off("uncaughtException", onRejection);
});

interface Change {
  at: number;
  how: "flip" | "insert" | "remove" | "repeat";
  length: number;
  text: string;
}

const PIECES = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "/",
  "//",
  "/..",
  "?",
  "#",
  "%",
  "%00",
  "%2e%2e",
  "%ff",
  "\x7f",
  "\xff",
  "Content-Length: 5\r\n",
  "Content-Length: -1\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Expect: 100-continue\r\n",
  "Connection: close\r\n",
  "Upgrade: websocket\r\nConnection: Upgrade\r\n",
  "Host: y\r\n",
  "Authorization: Bearer x\r\n",
  "Accept: text/event-stream\r\n",
  "Range: bytes=0-1\r\n",
  "HTTP/1.0",
  "HTTP/2.0",
  "FFFFFFFFFFFFFFFF",
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
];

const change: fc.Arbitrary<Change> = fc.record({
  at: SHARE,
  how: fc.constantFrom("flip", "insert", "insert", "remove", "repeat"),
  length: fc.integer({ min: 1, max: 12 }),
  text: fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 6 })),
});

function apply(request: string, { at, how, length, text }: Change): string {
  const i = Math.floor(at * request.length);
  const [before, part, after] = [
    request.slice(0, i),
    request.slice(i, i + length),
    request.slice(i + length),
  ];
  if (how === "remove") return before + after;
  if (how === "repeat") return before + part + part + after;
  if (how === "insert") return before + text + part + after;
  const flipped = String.fromCharCode((part.charCodeAt(0) ^ (1 << (length % 8))) & 0xff);
  return before + flipped + part.slice(1) + after;
}

/** What comes back, until the server closes, or has said nothing for a while. */
async function send(bytes: string): Promise<string> {
  const socket = await openSocket(backend.url);
  return new Promise((resolve) => {
    let text = "";
    let timer = setTimeout(() => socket.destroy(), 10 * PATIENCE_MS);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes, "latin1");
    // A request that was cut short waits for its rest, which does not come.
    setTimeout(() => text === "" && socket.end(), 3 * PATIENCE_MS);
  });
}

function expectDecent(text: string): void {
  if (text === "") return;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  expect(status).toBeGreaterThanOrEqual(100);
  expect(status).toBeLessThan(500);
  expect(text).not.toMatch(/node_modules|\.[jt]s:\d|Unexpected token/);
  const at = text.indexOf("\r\n\r\n");
  const head = text.slice(0, at).toLowerCase();
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  const isPlain =
    head.includes("\r\ncontent-type: application/json") && !head.includes("\r\ncontent-encoding:");
  if (status < 400 || !isPlain || !length || text.length < at + 4 + length) return;
  const body = JSON.parse(
    Buffer.from(text.slice(at + 4, at + 4 + length), "latin1").toString("utf8"),
  ) as unknown;
  for (const item of [body].flat())
    expect(closedRest.safeParse(item).success || closedTrpc.safeParse(item).success).toBe(true);
}

test(`${REQUESTS} requests of changed bytes are answered in the closed form or closed, and the server lives (R6, R15)`, async () => {
  const mutants = fc
    .tuple(fc.nat(), fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([n, changes]) => changes.reduce(apply, requests[n % requests.length] as string));
  const all = fc.sample(mutants, { seed: SEED, numRuns: REQUESTS });
  for (let i = 0; i < all.length; i += AT_ONCE) {
    const some = all.slice(i, i + AT_ONCE);
    const answers = await Promise.all(some.map(send));
    for (const [at, text] of answers.entries()) {
      try {
        expectDecent(text);
      } catch (error) {
        throw new Error(`${JSON.stringify(some[at])}\nwas answered\n${text.slice(0, 500)}`, { cause: error });
      }
    }
  }
  expect(rejections).toEqual([]);
  for (const status of [200, 400, 401, 404])
    expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);
  const response = await fetch(`${backend.url}/api/analysis/results/${ID}`, {
    headers: { authorization: `Bearer ${await tokenFor("alice")}` },
  });
  expect(response.status).toBe(200);
});
