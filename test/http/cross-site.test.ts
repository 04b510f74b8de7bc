import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY, queryPath } from "../support/faces.js";
import { sendRaw } from "../support/raw-request.js";

const LISTED = "https://dashboard.example.com";
const ID = "edge";
const REST = `/api/analysis/results/${ID}`;

let backend: TestBackend;
let authorization: string;
beforeAll(async () => {
  backend = await startBackend({ ...PLENTY, CORS_ORIGINS: LISTED });
  authorization = `Bearer ${await tokenFor("alice")}`;
  const alice = await backend.clientOf("alice");
  await alice.analysis.create.mutate(sampleAnalysis({ id: ID }));
  await alice.pegComparison.get.query({ id: ID });
});
afterAll(() => backend?.stop());

function ask(path: string, init: RequestInit = {}) {
  const headers = { authorization, ...(init.headers as Record<string, string> | undefined) };
  return fetch(`${backend.url}${path}`, { ...init, headers });
}

/** A grant over a raw socket, with headers that fetch would not let through. */
async function grantRaw(face: "tRPC" | "REST", more: string[]): Promise<number> {
  const [line, body] =
    face === "tRPC"
      ? [
          "POST /trpc/permission.grant",
          JSON.stringify({ json: { id: ID, user_id: "eve", permission_type: "read" } }),
        ]
      : [`PUT ${REST}/permissions/eve`, '{"permission_type":"read"}'];
  const head = [
    "Host: peg.example.com",
    `Authorization: ${authorization}`,
    "Content-Type: application/json",
    ...more,
  ];
  const text = `${line} HTTP/1.1\r\n${head.join("\r\n")}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  return (await sendRaw(backend.url, text)).status;
}

async function isGranted(): Promise<boolean> {
  const alice = await backend.clientOf("alice");
  const { permissions } = await alice.permission.list.query({ id: ID });
  const granted = permissions.some(({ user_id }) => user_id === "eve");
  if (granted) await alice.permission.revoke.mutate({ id: ID, user_id: "eve", permission_type: "read" });
  return granted;
}

describe.each(["tRPC", "REST"] as const)("a mutation over %s", (face) => {
  test.each([
    [["Origin: https://evil.com"]],
    [["Origin: null"]],
    [["Origin: file://"]],
    [["Origin: https://dashboard.example.com.evil.com"]],
    [["Origin: https://dashboard.example.com:8443"]],
    [["Origin: http://dashboard.example.com"]],
    [["Origin: https://peg.example.com.evil.com"]],
    [["Origin: https://evil.com", "Sec-Fetch-Site: cross-site"]],
    [["Origin: https://evil.com", "Sec-Fetch-Site: none"]],
    [["Origin: https://sub.example.com", "Sec-Fetch-Site: same-site"]],
    [["Sec-Fetch-Site: cross-site"]],
    [["Sec-Fetch-Site: same-site"]],
    [["Origin: https://evil.com", "X-Forwarded-Host: evil.com", "Forwarded: host=evil.com"]],
    [["Origin: https://evil.com", "Cookie: session=alice", "Referer: https://peg.example.com/"]],
  ])("of a foreign page is refused, and changes nothing: %j (T9, R14)", async (headers) => {
    expect([await grantRaw(face, headers), await isGranted()]).toEqual([403, false]);
  });

  test.each([
    [[]],
    [["Origin: http://peg.example.com"]],
    [["Origin: https://peg.example.com", "Sec-Fetch-Site: same-origin"]],
    [["Sec-Fetch-Site: same-origin"]],
    [["Sec-Fetch-Site: none"]],
    [[`Origin: ${LISTED}`, "Sec-Fetch-Site: cross-site"]],
    [["Origin: http://peg.example.com", "X-Forwarded-Host: evil.com", "X-Forwarded-Proto: https"]],
  ])("of a script, an own page or a listed one passes: %j (T9)", async (headers) => {
    expect([await grantRaw(face, headers), await isGranted()]).toEqual([200, true]);
  });
});

test("a cookie is neither taken for a token nor set (T9)", async () => {
  const token = await tokenFor("alice");
  for (const path of [queryPath("analysis.byId", { id: ID }), REST, "/healthz", "/docs", "/nowhere"]) {
    const cookie = ["token", "session", "authorization", "access_token"]
      .map((name) => `${name}=${token}`)
      .join("; ");
    const response = await fetch(`${backend.url}${path}`, { headers: { cookie } });
    if (path.includes("analysis")) expect(response.status).toBe(401);
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await ask(path)).headers.getSetCookie()).toEqual([]);
  }
});

describe("another origin (R10)", () => {
  const paths = () => [
    queryPath("analysis.byId", { id: ID }),
    REST,
    `${REST}/peg-comparison?format=csv`,
    "/nowhere",
    "/healthz",
  ];
  const FOREIGN = [
    "https://evil.com",
    "null",
    `${LISTED}.evil.com`,
    `${LISTED}/`,
    LISTED.toUpperCase(),
    "https://evil-dashboard.example.com",
    `${LISTED}:443`,
    "*",
  ];

  test("may read answers only where it is listed, exactly, and caches are told so", async () => {
    for (const path of paths()) {
      const listed = await ask(path, { headers: { origin: LISTED } });
      expect(listed.headers.get("access-control-allow-origin")).toBe(LISTED);
      expect(listed.headers.get("vary")).toMatch(/\bOrigin\b/);
      for (const origin of FOREIGN) {
        const { headers } = await ask(path, { headers: { origin } });
        expect(headers.get("access-control-allow-origin")).toBeNull();
        expect(headers.get("vary")).toMatch(/\bOrigin\b/);
      }
      expect(listed.headers.has("access-control-allow-credentials")).toBe(false);
    }
  });

  test("gets a preflight answered without its wishes being repeated", async () => {
    const preflight = (origin: string, path: string) =>
      ask(path, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "PUT",
          "access-control-request-headers": "authorization,x-evil",
        },
      });
    for (const path of ["/trpc/permission.grant", `${REST}/permissions/bob`]) {
      const { status, headers } = await preflight(LISTED, path);
      expect([status, headers.get("access-control-allow-origin")]).toEqual([204, LISTED]);
      expect(headers.get("access-control-allow-headers")).toMatch(/\bauthorization\b/);
      expect(headers.get("access-control-allow-headers")).not.toContain("x-evil");
      expect(headers.has("access-control-allow-credentials")).toBe(false);
      expect(headers.get("vary")).toMatch(/\bOrigin\b/);
      for (const origin of FOREIGN)
        expect((await preflight(origin, path)).headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});
