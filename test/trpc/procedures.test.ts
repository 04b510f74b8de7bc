import type { AnyTRPCProcedure } from "@trpc/server";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { MAX_BATCH_SIZE } from "../../src/contract/analysis.js";
import { appRouter } from "../../src/trpc/app-router.js";
import type { ProcedureRule } from "../../src/trpc/init.js";
import {
  analysisProcedure,
  analysisQuery,
  encoded,
  operatorProcedure,
  tokenProcedure,
} from "../../src/trpc/procedure.js";
import { streamOf } from "../../src/trpc/stream.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { PLENTY, queryPath, readAnswer } from "../support/faces.js";
import { openEvents } from "../support/open-stream.js";

type Procedure = {
  _def: {
    type: string;
    meta?: ProcedureRule;
    inputs: unknown[];
    output?: { parse(value: unknown): unknown };
  };
};
const all = appRouter._def.procedures as unknown as Record<string, Procedure>;
const procedures = Object.entries(all);

/** What no verb may answer: neither a value of any output, nor an event of any stream. */
const WRONG = [{ id: "id", state: { wrong: "shape" } }];

/** Whether a parser lets it through, be it as a value or as the events of a stream. */
async function lets(parse: (value: unknown) => unknown, value: unknown): Promise<boolean> {
  try {
    const parsed = parse(value);
    if (Symbol.asyncIterator in Object(parsed)) for await (const _ of parsed as AsyncIterable<unknown>);
    return true;
  } catch {
    return false;
  }
}

describe("every procedure", () => {
  test.each(procedures)("%s declares permission, limit class, input and output", async (_, { _def }) => {
    expect(["read", "write", "admin", "token", "operator"]).toContain(_def.meta?.needs);
    expect(["get", "status", "other"]).toContain(_def.meta?.limit);
    expect(_def.inputs).toHaveLength(1);
    const { output, meta } = _def;
    if (!output) throw new Error("it declares no output");
    expect(await lets((value) => output.parse(value), WRONG)).toBe(false);
    if (meta?.direct) expect(await lets(meta.direct.parseOutput, WRONG)).toBe(false);
  });
});

describe("a verb that answers what its procedure does not declare is a fault of ours, in", () => {
  const input = z.strictObject({ id: z.string() });
  const output = z.strictObject({ id: z.string() });
  const needs = { needs: "read", limit: "other", input } as const;
  const rule = { limit: "other", input, output } as const;
  const answer = async () => WRONG as never;
  const PLANTED: [string, AnyTRPCProcedure][] = [
    ["analysisProcedure", analysisProcedure({ ...needs, output }).query(answer)],
    ["analysisQuery", analysisQuery({ ...needs, output, answer })],
    ["encoded", analysisQuery({ ...needs, output: encoded(output), answer })],
    ["tokenProcedure", tokenProcedure(rule).query(answer)],
    ["operatorProcedure", operatorProcedure(rule).query(answer)],
    [
      "streamOf",
      analysisProcedure({ ...needs, output: streamOf(output) }).subscription(async function* () {
        for (const event of WRONG) yield event as never;
      }),
    ],
  ];
  let backend: TestBackend;
  let authorization: string;
  beforeAll(async () => {
    for (const [name, procedure] of PLANTED) all[`planted.${name}`] = procedure as unknown as Procedure;
    backend = await startBackend(PLENTY);
    authorization = `Bearer ${await tokenFor("alice", { scope: "peg:admin" })}`;
    await (await backend.clientOf("alice")).analysis.create.mutate(sampleAnalysis({ id: "mine" }));
  });
  afterAll(async () => {
    for (const [name] of PLANTED) delete all[`planted.${name}`];
    await backend?.stop();
  });
  const address = (name: string) => backend.url + queryPath(`planted.${name}`, { id: "mine" });

  // Any parameter that the short road does not know sends a request the ordinary way.
  test.each(
    PLANTED.slice(0, -1).flatMap(([name]) => [
      [name, "on the short road", ""],
      [name, "by tRPC's own handler", "&ordinary=1"],
    ]),
  )("%s, %s", async (name, _, mark) => {
    const { status, error, text } = await readAnswer(
      await fetch(address(name) + mark, { headers: { authorization } }),
    );
    expect({ status, code: error?.code }).toEqual({ status: 500, code: "INTERNAL_ERROR" });
    expect(text).not.toContain("shape");
  });

  test("streamOf, as the event that ends the stream", async () => {
    const stream = await openEvents(address("streamOf"), { authorization });
    await stream.ended;
    const [event, ...more] = stream.all();
    expect(event).toMatchObject({
      event: "serialized-error",
      data: { data: { error: { code: "INTERNAL_ERROR" } } },
    });
    expect(more).toEqual([]);
    expect(stream.text()).not.toContain("shape");
  });
});

describe("queries answered by the short road and by tRPC's own handler", () => {
  let backend: TestBackend;
  let id: string;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    const plenty = "100000/1m";
    backend = await startBackend({
      RATE_LIMIT_GET: plenty,
      RATE_LIMIT_ALL: plenty,
      RATE_LIMIT_UNAUTHENTICATED: plenty,
    });
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
