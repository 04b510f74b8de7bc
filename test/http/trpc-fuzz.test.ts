import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ERRORS, errorBody } from "../../src/contract/errors.js";
import { appRouter } from "../../src/trpc/app-router.js";
import { procedureType } from "../../src/trpc/call-procedure.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { jsonBody, PLENTY } from "../support/faces.js";
import { JUNK, mutated } from "../support/mutations.js";

const REQUESTS_EACH = 30;
/** The same requests each time. */
const SEED = 4711;
const ID = "fuzzed";

/** An answer to one call, and nothing else in it. */
const closedError = z
  .object({
    error: z
      .object({
        json: z
          .object({
            message: z.string(),
            code: z.number(),
            data: z
              .object({
                code: z.string(),
                httpStatus: z.number(),
                error: errorBody
                  .extend({
                    details: z.array(z.object({ path: z.string(), message: z.string() }).strict()).optional(),
                  })
                  .strict(),
              })
              .strict(),
          })
          .strict(),
      })
      .strict(),
  })
  .strict();
const closedSuccess = z
  .object({
    result: z
      .object({ data: z.object({ json: z.unknown(), meta: z.unknown().optional() }).strict() })
      .strict(),
  })
  .strict();
const closed = z.union([closedSuccess, closedError]);
/** What is refused before any call may have a status of HTTP's own. */
const PROTOCOL = [400, 404, 405, 413, 415];
const LEAKS =
  /node_modules|\.[jt]s:\d|\bat \w+ \(|select .* from|Failed query|Unexpected token|Cannot (read|destructure)/i;

const analysis = JSON.parse(JSON.stringify(sampleAnalysis())) as object;
const GOOD: Record<string, readonly unknown[]> = {
  "pegComparison.get": [{ id: ID }, { id: ID, include_metadata: false, cache_ttl: 60, async: true }],
  "pegComparison.summary": [{ id: ID }],
  "pegComparison.status": [{ id: ID }, { id: ID, task_id: "00000000-0000-4000-8000-000000000000" }],
  "pegComparison.recompute": [{ id: ID }],
  "analysis.create": [analysis, { ...analysis, name: "n" }],
  "analysis.list": [{}, { limit: 2, name: "x", created_from: "2024-01-01T00:00:00Z" }],
  "analysis.byId": [{ id: ID }],
  "analysis.series": [{ id: ID, peg_name: "PEG_000", points: 10 }],
  "analysis.replaceData": [{ ...analysis, id: ID, data_version: 1 }],
  "analysis.delete": [{ id: "absent" }],
  "permission.list": [{ id: ID }],
  "permission.own": [{ id: ID }],
  "permission.grant": [
    { id: ID, user_id: "bob", permission_type: "read", expires_at: "2099-01-01T00:00:00Z" },
  ],
  "permission.revoke": [{ id: ID, user_id: "bob", permission_type: "read" }],
  "audit.list": [{ id: ID, limit: 5 }],
};

let backend: TestBackend;
const tokens = new Map<string, string>();
const seen = new Map<number, number>();
beforeAll(async () => {
  backend = await startBackend(PLENTY);
  for (const user of ["alice", "mallory"]) tokens.set(user, `Bearer ${await tokenFor(user)}`);
  tokens.set("operator", `Bearer ${await tokenFor("operator", { scope: "peg:admin" })}`);
});
afterAll(() => backend?.stop());

/** Everything that is wrong with an answer. */
async function expectClosed(response: Response, calls: number): Promise<void> {
  const text = await response.text();
  seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
  expect(response.status).toBeLessThan(500);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(text).not.toMatch(LEAKS);
  const answer = JSON.parse(text) as unknown;
  const items = Array.isArray(answer) ? (answer as unknown[]) : [answer];
  if (Array.isArray(answer)) expect(items).toHaveLength(calls);
  for (const item of items) {
    // A body that was not even read is refused by the server before tRPC, in the form of the other face.
    const plain = z
      .object({ success: z.literal(false), error: errorBody.strict() })
      .strict()
      .safeParse(item);
    const parsed = plain.success ? undefined : closed.parse(item);
    const error = plain.success
      ? plain.data.error
      : parsed && "error" in parsed
        ? parsed.error.json.data.error
        : undefined;
    if (!error) continue;
    expect(error.request_id).toBe(response.headers.get("x-request-id"));
    if (response.status !== 207) expect([ERRORS[error.code].http, ...PROTOCOL]).toContain(response.status);
    if (error.code === "API_RATE_LIMIT_EXCEEDED") expect(error.retry_after).toBeGreaterThanOrEqual(1);
  }
  if (response.status < 207)
    for (const item of items) expect(closedSuccess.safeParse(item).success).toBe(true);
}

const envelope = (input: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: input.map((json) => JSON.stringify({ json })) },
    { weight: 1, arbitrary: fc.tuple(input, JUNK).map(([json, meta]) => JSON.stringify({ json, meta })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(input, fc.dictionary(fc.constantFrom("id", "a.b", "__proto__.x", "stats.0"), JUNK))
        .map(([json, values]) => JSON.stringify({ json, meta: { values } })),
    },
    { weight: 1, arbitrary: JUNK.map((value) => JSON.stringify(value) ?? "undefined") },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
    // Cut short.
    {
      weight: 1,
      arbitrary: fc
        .tuple(input, fc.nat(60))
        .map(([json, cut]) => JSON.stringify({ json }).slice(0, -1 - cut)),
    },
  );

/** Half a pair of surrogates cannot stand in an address. */
const wellFormed = (text: string) => Buffer.from(text).toString();

function send(procedure: string, text: string, user: string): Promise<Response> {
  const authorization = tokens.get(user);
  const headers: Record<string, string> = authorization ? { authorization } : {};
  if (procedureType(procedure) === "mutation")
    return fetch(`${backend.url}/trpc/${procedure}`, {
      method: "POST",
      headers: { ...headers, ...jsonBody("").headers },
      body: text,
    });
  return fetch(`${backend.url}/trpc/${procedure}?input=${encodeURIComponent(wellFormed(text))}`, {
    headers,
  });
}

const users = fc.constantFrom("alice", "alice", "alice", "operator", "mallory", "nobody");
const procedures = Object.keys(appRouter._def.procedures as object).filter(
  (name) => procedureType(name) !== "subscription",
);

describe("every procedure of tRPC", () => {
  test("has good inputs to begin with", () => {
    expect(Object.keys(GOOD).sort()).toEqual([...procedures].sort());
  });

  test.each(procedures)(
    "answers in the closed form, whatever it is sent: %s (R15, T15, T16)",
    async (procedure) => {
      const alice = await backend.clientOf("alice");
      await alice.analysis.create.mutate(sampleAnalysis({ id: ID })).catch(() => undefined);
      const inputs = envelope(
        fc.oneof({ weight: 5, arbitrary: mutated(GOOD[procedure] ?? []) }, { weight: 1, arbitrary: JUNK }),
      );
      await fc.assert(
        fc.asyncProperty(inputs, users, async (text, user) =>
          expectClosed(await send(procedure, text, user), 1),
        ),
        { seed: SEED, numRuns: REQUESTS_EACH, endOnFailure: true },
      );
    },
  );

  test("answers in the closed form to batches of anything (T2, T3)", async () => {
    const names = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...procedures) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "",
          "no.thing",
          "__proto__",
          "pegComparison",
          "pegComparison.get.get",
          "%00",
        ),
      },
    );
    const call = names.chain((name) =>
      fc.tuple(fc.constant(name), mutated((Object.hasOwn(GOOD, name) && GOOD[name]) || [{ id: ID }])),
    );
    const batch = fc.tuple(
      fc.array(call, { minLength: 1, maxLength: 6 }),
      fc.constantFrom("1", "1", "1", "1", "0", "true", ""),
      fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: JUNK }),
      users,
    );
    await fc.assert(
      fc.asyncProperty(batch, async ([calls, flag, instead, user]) => {
        const inputs = instead ?? Object.fromEntries(calls.map(([, json], i) => [i, { json }]));
        const path = calls.map(([name]) => name).join(",");
        const input = encodeURIComponent(wellFormed(JSON.stringify(inputs) ?? ""));
        const authorization = tokens.get(user);
        const response = await fetch(
          `${backend.url}/trpc/${path}?batch=${flag}&input=${input.slice(0, 8_000)}`,
          {
            headers: authorization ? { authorization } : {},
          },
        );
        await expectClosed(response, calls.length);
      }),
      { seed: SEED, numRuns: 4 * REQUESTS_EACH, endOnFailure: true },
    );
  });

  test("was seen to accept and to refuse, and changed no prototype (T16)", () => {
    for (const status of [200, 207, 400, 401, 403])
      expect([status, seen.get(status) ?? 0]).not.toEqual([status, 0]);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});
