import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { LIMITS, readSetup, USER } from "../setup.js";
import { visitMemory, visitRedis } from "./one-visit.js";
import { VerifiedTokens } from "./verified-tokens.js";

// node:http by hand: every duty of a cached `get`, and nothing besides. What a careful person would reach.
const TARGET = "/trpc/pegComparison.get?input=";
const ID = /^[A-Za-z0-9._:-]{1,255}$/;
const BEARER = "Bearer ";

const { setup, port } = readSetup();
const tokens = new VerifiedTokens(
  setup.jwtSecret,
  LIMITS.map(({ name }) => name),
);
const visit = setup.redisUrl ? await visitRedis(setup.redisUrl) : visitMemory();
const answers = new Map(
  setup.cases.map(({ id, bodyFile }) => {
    const body = readFileSync(bodyFile);
    const headers = ["content-type", "application/json", "content-length", String(body.byteLength)];
    return [id, { body, headers }];
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
  response.writeHead(200, held.headers).end(held.body);
}

createServer((request, response) => {
  answer(request, response).catch(() => refuse(response, 500));
}).listen(port, "127.0.0.1");
