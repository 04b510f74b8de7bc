import { afterAll, beforeAll, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";

const LIMIT = 20;
const NOW = Date.UTC(2026, 0, 1);
let now = NOW;
let backend: TestBackend;
let token: string;
let id: string;

beforeAll(async () => {
  backend = await startBackend(
    { RATE_LIMIT_UNAUTHENTICATED: `${LIMIT}/1m`, TRUSTED_PROXIES: "127.0.0.1,::1", RATE_LIMIT_GET: "999/1m" },
    { clock: { now: () => now } },
  );
  const alice = await backend.clientOf("alice", { now: NOW });
  ({ id } = await alice.analysis.create.mutate(sampleAnalysis()));
  await alice.pegComparison.get.query({ id });
  token = await tokenFor("alice", { now: NOW });
});
afterAll(() => backend.stop());

const forged = (i: number) => `${token.slice(0, -6)}${String(i).padStart(6, "A")}`;

type Road = "tRPC" | "REST" | "tRPC's handler";
function ask(road: Road, given: string, from: string): Promise<Response> {
  const target = {
    tRPC: `/trpc/pegComparison.get?input=${encodeURIComponent(JSON.stringify({ json: { id } }))}`,
    "tRPC's handler": `/trpc/analysis.list?ordinary=1&input=${encodeURIComponent('{"json":{}}')}`,
    REST: `/api/analysis/results/${id}/peg-comparison`,
  }[road];
  return fetch(`${backend.url}${target}`, {
    headers: { authorization: `Bearer ${given}`, "x-forwarded-for": from },
  });
}

test.each(["tRPC", "REST", "tRPC's handler"] as const)(
  "L13: of bad tokens from one address so many are looked at over %s; others, and known ones, are not held up",
  async (road) => {
    const from = { tRPC: "192.0.2.1", REST: "192.0.2.2", "tRPC's handler": "192.0.2.3" }[road];
    expect((await ask(road, token, from)).status).toBe(200);
    for (let i = 0; i < LIMIT; i++) expect((await ask(road, forged(i), from)).status).toBe(401);
    const refused = await ask(road, forged(LIMIT), from);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refused.text()).toContain("API_RATE_LIMIT_EXCEEDED");
    // A token that is known goes on from there; and a limit of the address is none of the user.
    expect((await ask(road, token, from)).status).toBe(200);
    expect((await ask(road, await tokenFor("alice", { now: NOW + 1000 }), from)).status).toBe(429);
    expect((await ask(road, forged(0), "198.51.100.7")).status).toBe(401);
    now += 60_000 / LIMIT;
    expect((await ask(road, await tokenFor("alice", { now: NOW + 2000 }), from)).status).toBe(200);
  },
);

test("L13: who is no proxy cannot give itself other addresses", async () => {
  const direct = await startBackend({ RATE_LIMIT_UNAUTHENTICATED: "3/1m" });
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const headers = { authorization: "Bearer a.b.c", "x-forwarded-for": `192.0.2.${i}` };
      statuses.push((await fetch(`${direct.url}/api/analysis/results`, { headers })).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  } finally {
    await direct.stop();
  }
});
