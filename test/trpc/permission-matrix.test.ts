import { createTRPCClient, httpLink } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, isPegError, type PegClient } from "../../src/client/index.js";
import { appRouter } from "../../src/trpc/app-router.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { createRestClient } from "../support/rest-client.js";

const CALLERS = [
  "anonymous",
  "stranger",
  "reader",
  "writer",
  "admin",
  "expired",
  "revoked",
  "operator",
] as const;
type Caller = (typeof CALLERS)[number];

/** `own`: answers each caller with what is the caller's own. */
type Who = "anyone with a token" | "read" | "write" | "admin" | "operator";

const ALLOWED: Record<Who, readonly Caller[]> = {
  "anyone with a token": CALLERS.filter((caller) => caller !== "anonymous"),
  read: ["reader", "writer", "admin", "operator"],
  write: ["writer", "admin", "operator"],
  admin: ["admin", "operator"],
  operator: ["operator"],
};

interface Row {
  who: Who;
  call(client: PegClient, id: string): Promise<unknown>;
}

/** What a stream ends with, or the error that it is refused with. */
function lastEvent(client: PegClient, id: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    const onData = (event: unknown) => {
      last = event;
    };
    client.pegComparison.watch.subscribe(
      { id },
      { onData, onError: reject, onComplete: () => resolve(last) },
    );
  });
}

/** Every procedure has a row here, or the suite fails. */
const MATRIX: Record<string, Row> = {
  "pegComparison.get": { who: "read", call: (client, id) => client.pegComparison.get.query({ id }) },
  "pegComparison.summary": { who: "read", call: (client, id) => client.pegComparison.summary.query({ id }) },
  "pegComparison.status": { who: "read", call: (client, id) => client.pegComparison.status.query({ id }) },
  "pegComparison.watch": { who: "read", call: (client, id) => lastEvent(client, id) },
  "pegComparison.recompute": {
    who: "write",
    call: (client, id) => client.pegComparison.recompute.mutate({ id }),
  },
  "analysis.create": {
    who: "anyone with a token",
    call: (client) => client.analysis.create.mutate(sampleAnalysis()),
  },
  "analysis.list": { who: "anyone with a token", call: (client) => client.analysis.list.query({}) },
  "analysis.byId": { who: "read", call: (client, id) => client.analysis.byId.query({ id }) },
  "analysis.series": {
    who: "read",
    call: (client, id) => client.analysis.series.query({ id, peg_name: "PEG_000" }),
  },
  "analysis.replaceData": {
    who: "write",
    call: (client, id) => client.analysis.replaceData.mutate({ ...sampleAnalysis(), id, data_version: 1 }),
  },
  "analysis.delete": { who: "admin", call: (client, id) => client.analysis.delete.mutate({ id }) },
  "permission.list": { who: "admin", call: (client, id) => client.permission.list.query({ id }) },
  "permission.own": { who: "read", call: (client, id) => client.permission.own.query({ id }) },
  "permission.grant": {
    who: "admin",
    call: (client, id) => client.permission.grant.mutate({ id, user_id: "new", permission_type: "read" }),
  },
  "permission.revoke": {
    who: "admin",
    call: (client, id) => client.permission.revoke.mutate({ id, user_id: "nobody", permission_type: "read" }),
  },
  "audit.list": { who: "operator", call: (client, id) => client.audit.list.query({ id }) },
};

const now = { ms: Date.UTC(2026, 0, 1) };
let backend: TestBackend;
const FACES = ["tRPC", "REST"] as const;
const clients = {} as Record<Caller, PegClient>;
const restClients = {} as Record<Caller, PegClient>;

beforeAll(async () => {
  const plenty = { RATE_LIMIT_GET: "10000/1m", RATE_LIMIT_STATUS: "10000/1m", RATE_LIMIT_ALL: "10000/1m" };
  backend = await startBackend(plenty, { clock: { now: () => now.ms } });
  for (const caller of CALLERS) {
    const scope = caller === "operator" ? { scope: "peg:admin" } : {};
    const known = await tokenFor(caller, { now: now.ms, ...scope });
    const token = caller === "anonymous" ? "none" : known;
    clients[caller] = createPegClient({ url: backend.url, token });
    restClients[caller] = createRestClient({ url: backend.url, token });
  }
});
afterAll(() => backend?.stop());

/** An analysis on which every caller has the permission of its name. */
async function preparedAnalysis(): Promise<string> {
  const { admin } = clients;
  const { id } = await admin.analysis.create.mutate(sampleAnalysis());
  const grant = (user_id: string, permission_type: "read" | "write" | "admin", expires_at?: Date) =>
    admin.permission.grant.mutate({ id, user_id, permission_type, ...(expires_at ? { expires_at } : {}) });
  await grant("reader", "read");
  await grant("writer", "write");
  await grant("expired", "admin", new Date(now.ms + 1000));
  await grant("revoked", "admin");
  // What they may still do now is cached before it ends.
  await clients.expired.pegComparison.get.query({ id });
  await clients.revoked.pegComparison.get.query({ id });
  await admin.permission.revoke.mutate({ id, user_id: "revoked", permission_type: "admin" });
  now.ms += 1000;
  return id;
}

async function refusalOf(outcome: Promise<unknown>): Promise<{ code: string; message: string }> {
  const caught = await outcome.then(
    () => new Error("was allowed"),
    (error: unknown) => error,
  );
  if (!isPegError(caught)) throw caught;
  const { code, message } = caught.data.error;
  return { code, message };
}

test("every procedure stands in the matrix, and nothing else does", () => {
  expect(Object.keys(MATRIX).sort()).toEqual(Object.keys(appRouter._def.procedures).sort());
});

describe.each(Object.entries(MATRIX))("R1: %s", (_, { who, call }) => {
  test.each(CALLERS)("as %s, on both faces", async (caller) => {
    let id = await preparedAnalysis();
    for (const face of FACES) {
      const client = (face === "tRPC" ? clients : restClients)[caller];
      const outcome = call(client, id);
      if (ALLOWED[who].includes(caller)) {
        await expect(outcome, face).resolves.toBeDefined();
        // What changes something is done once.
        if (face === "tRPC" && who !== "read") id = await preparedAnalysis();
        continue;
      }
      const error = await refusalOf(outcome);
      expect(error.code, face).toBe(
        caller === "anonymous" ? "API_AUTHENTICATION_ERROR" : "PERMISSION_DENIED",
      );
      // R2: an analysis that is absent answers word for word the same.
      expect(await refusalOf(call(client, "absent")), face).toEqual(error);
    }
  });
});

test("a list shows what the caller may read, and only that", async () => {
  const id = await preparedAnalysis();
  const seenBy = async (caller: Caller) =>
    (await clients[caller].analysis.list.query({ limit: 100 })).items.map((item) => item.id);
  for (const caller of ["reader", "writer", "admin", "operator"] as const)
    expect(await seenBy(caller)).toContain(id);
  for (const caller of ["stranger", "expired", "revoked"] as const)
    expect(await seenBy(caller)).not.toContain(id);
});

test("a caller with a token that is not one gets one answer, whatever is wrong with it", async () => {
  const bodies = await Promise.all(
    ["", "x", "a.b.c", await tokenFor("x", { now: now.ms, expiresInSeconds: -1 })].map(async (token) => {
      const client = createTRPCClient<typeof appRouter>({
        links: [
          httpLink({
            url: `${backend.url}/trpc`,
            transformer: superjson,
            headers: { authorization: `Bearer ${token}` },
          }),
        ],
      });
      return refusalOf(client.analysis.list.query({}));
    }),
  );
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
  expect(bodies[0]?.code).toBe("API_AUTHENTICATION_ERROR");
});
