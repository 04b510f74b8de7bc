import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../../support/backend.js";
import { DOCUMENT, type Operation, undocumented } from "../../support/documented.js";
import { PLENTY } from "../../support/faces.js";

const REQUESTS_EACH = 40;
/** The same requests each time, among which there are good ones of each operation. */
const SEED = 4711;

type Schema = Record<string, unknown> & { $ref?: string; type?: string; properties?: Record<string, Schema> };

/** A schema of the document, by its reference. */
function resolve(schema: Schema): Schema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : resolve(DOCUMENT.components.schemas[name] as Schema);
}

/** What no schema asks for. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    "1e400",
    0.5,
    "",
    "null",
    "TRUE",
    [],
    {},
    "\u0000",
    "%00",
    "__proto__",
    "漢",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values that a schema describes, some at its bounds. */
function fitting(given: Schema): fc.Arbitrary<unknown> {
  const schema = resolve(given);
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]));
  const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choices) return fc.oneof(...choices.map(fitting));
  const {
    minimum = -1000,
    maximum = 1_000_000,
    minLength = 0,
    maxLength = 40,
    pattern,
    format,
  } = schema as {
    minimum?: number;
    maximum?: number;
    minLength?: number;
    maxLength?: number;
    pattern?: string;
    format?: string;
  };
  switch (schema.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: minimum, max: maximum });
    case "number":
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case "array":
      return fc.array(fitting((schema.items ?? {}) as Schema), {
        minLength: Number(schema.minItems ?? 0),
        maxLength: 3,
      });
    case "object":
      return fittingObject(schema);
    case "string":
      if (format === "uuid") return fc.uuid();
      if (JSON.stringify(schema).includes("ISO 8601"))
        return fc
          .date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })
          .map((date) => date.toISOString());
      if (pattern?.includes("A-Za-z0-9"))
        return fc.constantFrom("fuzzed", "absent", "fuzzed-new", "a:b", ".x");
      return fc.string({ minLength: Math.max(1, minLength), maxLength: Math.min(maxLength, 40) });
    default:
      return junk;
  }
}

function fittingObject(schema: Schema): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {});
  const fields = Object.fromEntries(properties.map(([name, field]) => [name, fitting(field)]));
  const required = (schema.required ?? []) as string[];
  const described = fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
  const { additionalProperties } = schema;
  if (typeof additionalProperties !== "object" || properties.length) return described;
  return fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fitting(additionalProperties as Schema), {
    maxKeys: 2,
  });
}

/** Mostly what the schema describes, now and then something else in its place. */
const perhaps = (schema: Schema) =>
  fc.oneof({ weight: 5, arbitrary: fitting(schema) }, { weight: 1, arbitrary: junk });

interface Request {
  path: Record<string, unknown>;
  query: [string, unknown][];
  headers: Record<string, string>;
  body: unknown;
  user: string;
}

function requests({ parameters, requestBody }: Operation): fc.Arbitrary<Request> {
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const values = (place: string, requiredOnly: boolean) =>
    fc.record(
      Object.fromEntries(of(place).map(({ name, schema }) => [name, perhaps(schema as Schema)])),
      requiredOnly
        ? {
            requiredKeys: of(place)
              .filter(({ required }) => required)
              .map(({ name }) => name),
          }
        : {},
    );
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant<[string, unknown][]>([]) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom("x", "id", "__proto__", "format"), junk).map((pair) => [pair]),
    },
  );
  const media = requestBody?.content["application/json"];
  const body = media
    ? fc.oneof(
        { weight: 3, arbitrary: perhaps(media.schema as Schema) },
        { weight: 1, arbitrary: fc.constant(media.example) },
      )
    : fc.constant(undefined);
  const conditional = fc.constantFrom<Record<string, string>>(
    {},
    {},
    { "if-none-match": "*" },
    { accept: "text/csv" },
    { "last-event-id": "x:1" },
    { "accept-language": "ko" },
  );
  return fc.record({
    path: values("path", false),
    query: fc.tuple(values("query", true), extra).map(([known, more]) => [...Object.entries(known), ...more]),
    headers: conditional,
    body,
    user: fc.constantFrom("alice", "alice", "alice", "operator", "mallory", "nobody"),
  });
}

const text = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined"));

describe("every operation of the OpenAPI document", () => {
  let backend: TestBackend;
  const tokens = new Map<string, string>();
  const seen = new Map<number, number>();
  beforeAll(async () => {
    backend = await startBackend(PLENTY);
    for (const user of ["alice", "mallory"]) tokens.set(user, await tokenFor(user));
    tokens.set("operator", await tokenFor("operator", { scope: "peg:admin" }));
  });
  afterAll(() => backend?.stop());

  async function send(template: string, method: string, request: Request): Promise<void> {
    const named = template.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(text(request.path[name])),
    );
    const query = new URLSearchParams(
      request.query.map(([name, value]): [string, string] => [name, text(value)]),
    );
    const address = `${named}${query.size ? `?${query}` : ""}`;
    const token = tokens.get(request.user);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers = {
      ...request.headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const stop = new AbortController();
    const init = { method, headers, signal: stop.signal, ...(body === undefined ? {} : { body }) };
    const response = await backend.runtime.app.request(address, init);
    expect(response.status).toBeLessThan(500);
    seen.set(response.status, (seen.get(response.status) ?? 0) + 1);
    // A value may have made another address of it, or none.
    const url = new URL(address, "http://x");
    expect(await undocumented(method, url, response)).toEqual([]);
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) await response.body?.cancel();
    stop.abort();
  }

  const operations = Object.entries(DOCUMENT.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(
      ([verb, operation]) => [operation.operationId, path, verb.toUpperCase(), operation] as const,
    ),
  );

  test.each(operations)(
    "answers as it says, whatever it is sent: %s (R15)",
    async (_, path, method, operation) => {
      const alice = await backend.clientOf("alice");
      const property = fc.asyncProperty(requests(operation), (request) => send(path, method, request));
      // There is something to be found, also after an operation that removes it.
      await alice.analysis.create.mutate(sampleAnalysis({ id: "fuzzed" })).catch(() => undefined);
      await fc.assert(property, { seed: SEED, numRuns: REQUESTS_EACH, endOnFailure: true });
    },
  );

  test("was seen to accept and to refuse (R15)", () => {
    for (const status of [200, 201, 400, 401, 403])
      expect([status, seen.get(status) ?? 0]).not.toEqual([status, 0]);
  });
});
