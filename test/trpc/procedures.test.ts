import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_BATCH_SIZE } from "../../src/contract/analysis.js";
import { appRouter } from "../../src/trpc/app-router.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";

type Procedure = {
  _def: { type: string; meta?: { needs?: string; limit?: string }; inputs: unknown[]; output?: unknown };
};
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>);

describe("every procedure", () => {
  test.each(procedures)("%s declares permission, limit class, input and output", (_, { _def }) => {
    expect(["read", "write", "admin", "token", "operator"]).toContain(_def.meta?.needs);
    expect(["get", "status", "other"]).toContain(_def.meta?.limit);
    expect(_def.inputs).toHaveLength(1);
  });
});

describe("queries answered by the short road and by tRPC's own handler", () => {
  let backend: TestBackend;
  let id: string;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    const plenty = { RATE_LIMIT_GET: "100000/1m", RATE_LIMIT_ALL: "100000/1m" };
    backend = await startBackend(plenty);
    const alice = await backend.clientOf("alice");
    ({ id } = await alice.analysis.create.mutate(sampleAnalysis()));
    await alice.pegComparison.get.query({ id });
    await alice.pegComparison.summary.query({ id });
    for (const user of ["alice", "mallory"]) tokens.set(user, await tokenFor(user));
  });
  afterAll(() => backend?.stop());

  // Any parameter that the short road does not know sends a request the ordinary way.
  const ask = async (path: string, query: string, token: string | undefined, road: "short" | "ordinary") => {
    const headers: Record<string, string> = { "x-request-id": "same" };
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    const mark = road === "ordinary" ? "&ordinary=1" : "";
    const response = await fetch(`${backend.url}/trpc/${path}?${query}${mark}`, { headers });
    const text = (await response.text()).replaceAll(/"timestamp":"[^"]*"/g, '"timestamp":""');
    const seen = [...response.headers]
      .filter(([name]) => name !== "date" && name !== "content-length")
      // Each road takes from the limits.
      .map(([name, value]) => [name, name === "ratelimit" ? value.replaceAll(/=\d+/g, "=") : value]);
    return { status: response.status, text, headers: seen };
  };

  const inputs = fc.oneof(
    fc.constant(undefined),
    fc.record({ json: fc.record({ id: fc.constantFrom("ID", "absent", "bad id", 7) }) }),
    fc.record({
      json: fc.record({
        id: fc.constant("ID"),
        include_metadata: fc.oneof(fc.boolean(), fc.constant("yes")),
      }),
    }),
    fc.record({
      json: fc.record({ id: fc.constant("ID"), cache_ttl: fc.oneof(fc.integer(), fc.constant(null)) }),
    }),
    fc.record({ json: fc.record({ id: fc.constant("ID") }), meta: fc.anything() }),
    fc.jsonValue(),
  );
  const paths = fc.constantFrom(
    "pegComparison.get",
    "pegComparison.summary",
    "analysis.byId",
    "analysis.create",
    "permission.list",
    "nowhere",
  );
  const calls = fc.array(fc.tuple(paths, inputs), { minLength: 1, maxLength: MAX_BATCH_SIZE + 1 });
  const tokenKinds = fc.constantFrom("alice", "mallory", "garbage", undefined);

  test("are the same, byte for byte, with every header", { timeout: 120_000 }, async () => {
    const text = (value: unknown) => JSON.stringify(value)?.replaceAll('"ID"', JSON.stringify(id));
    const property = fc.asyncProperty(calls, fc.boolean(), tokenKinds, async (list, batch, kind) => {
      const token = kind === undefined ? undefined : (tokens.get(kind) ?? "garbage");
      const path = batch ? list.map(([name]) => name).join(",") : (list[0]?.[0] ?? "");
      const body = batch
        ? `{${list.flatMap(([, value], i) => (text(value) === undefined ? [] : [`"${i}":${text(value)}`])).join(",")}}`
        : text(list[0]?.[1]);
      const query = [
        ...(batch ? ["batch=1"] : []),
        ...(body === undefined ? [] : [`input=${encodeURIComponent(body)}`]),
      ];
      const [short, ordinary] = [
        await ask(path, query.join("&"), token, "short"),
        await ask(path, query.join("&"), token, "ordinary"),
      ];
      expect(short).toEqual(ordinary);
    });
    await fc.assert(property, { numRuns: 400 });
  });
});
