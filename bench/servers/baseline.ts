import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { LIMITS, readAnswerJson, readSetup, USER } from "../setup.js";
import { visitMemory, visitRedis } from "./one-visit.js";
import { VerifiedTokens } from "./verified-tokens.js";

// node:http by hand: every duty of a cached `get`, and nothing besides. What a careful person would reach.
const TARGET = "/trpc/pegComparison.get?input=";
const REST = "/api/analysis/results/";
const REST_END = "/peg-comparison";
const ID = /^[A-Za-z0-9._:-]{1,255}$/;
const BEARER = "Bearer ";

const { setup, port } = readSetup();
const tokens = new VerifiedTokens(
  setup.jwtSecret,
  LIMITS.map(({ name }) => name),
);
const visit = setup.redisUrl ? await visitRedis(setup.redisUrl) : visitMemory();
function prepared(body: Buffer, more: string[]): Prepared {
  const small = gzipSync(body);
  const headers = (length: number) => [
    "content-type",
    "application/json",
    "content-length",
    String(length),
    ...more,
  ];
  return {
    body,
    headers: headers(body.byteLength),
    small,
    smallHeaders: [...headers(small.byteLength), "content-encoding", "gzip"],
  };
}

interface Prepared {
  body: Buffer;
  headers: string[];
  small: Buffer;
  smallHeaders: string[];
}
const answers = new Map(
  setup.cases.map(({ id, bodyFile, tag }) => {
    const rest = Buffer.from(JSON.stringify(readAnswerJson(bodyFile)));
    return [id, { trpc: prepared(readFileSync(bodyFile), []), rest: prepared(rest, ["etag", tag]), tag }];
  }),
);
/** What is granted, as the database would say. */
const granted = new Set(setup.cases.map(({ id }) => `${USER}/${id}`));
/** What was learned of it, and under which generation. */
const standings = new Map<string, { generation: string | null; allowed: boolean }>();

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, ["content-type", "application/json"]).end('{"success":false}');
}

function readId(url: string): string | undefined {
  if (url.startsWith(REST) && url.endsWith(REST_END)) {
    const id = url.slice(REST.length, -REST_END.length);
    return ID.test(id) ? id : undefined;
  }
  if (!url.startsWith(TARGET)) return undefined;
  try {
    const input = JSON.parse(decodeURIComponent(url.slice(TARGET.length))) as { json?: { id?: unknown } };
    const id = input.json?.id;
    return typeof id === "string" && ID.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function mayRead(userId: string, id: string, generation: string | null): boolean {
  const key = `${userId}/${id}`;
  const known = standings.get(key);
  if (known && known.generation === generation) return known.allowed;
  const allowed = granted.has(key);
  standings.set(key, { generation, allowed });
  return allowed;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { authorization } = request.headers;
  if (!authorization?.startsWith(BEARER)) return refuse(response, 401);
  const verified = tokens.verify(authorization.slice(BEARER.length), Date.now());
  if (!verified) return refuse(response, 401);
  const id = readId(request.url ?? "");
  if (id === undefined) return refuse(response, 400);
  const { allowed, generation } = await visit(verified.limitKeys, id);
  if (!allowed) return refuse(response, 429);
  if (!mayRead(verified.userId, id, generation)) return refuse(response, 403);
  const held = answers.get(id);
  if (!held) return refuse(response, 404);
  const overRest = request.url?.startsWith(REST) === true;
  if (overRest && request.headers["if-none-match"] === held.tag) {
    response.writeHead(304, ["etag", held.tag]).end();
    return;
  }
  const { body, headers, small, smallHeaders } = overRest ? held.rest : held.trpc;
  if (request.headers["accept-encoding"]?.includes("gzip") === true)
    response.writeHead(200, smallHeaders).end(small);
  else response.writeHead(200, headers).end(body);
}

createServer((request, response) => {
  answer(request, response).catch(() => refuse(response, 500));
}).listen(port, "127.0.0.1");
