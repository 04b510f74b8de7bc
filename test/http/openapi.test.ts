import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ERRORS } from "../../src/contract/errors.js";
import { EXAMPLES } from "../../src/http/openapi/examples.js";
import { REST_ROUTES } from "../../src/http/rest/routes.js";
import { appRouter } from "../../src/trpc/app-router.js";
import { startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { DOCUMENT, type Operation, pointerTo, validatorOf } from "../support/documented.js";

const operations = Object.entries(DOCUMENT.paths).flatMap(([path, verbs]) =>
  Object.entries(verbs).map(([verb, operation]) => ({ path, verb, operation })),
);

/** Every example within an operation, with the pointer to the schema it stands beside. */
function examplesOf(path: string, verb: string, { requestBody, responses }: Operation): [string, unknown][] {
  const base = ["paths", path, verb];
  const media = (where: string[], content: NonNullable<Operation["requestBody"]>["content"] = {}) =>
    Object.entries(content).flatMap(([type, { example, examples }]) =>
      [example, ...Object.values(examples ?? {}).map(({ value }) => value)]
        .filter((value) => value !== undefined)
        .map((value): [string, unknown] => [pointerTo(...base, ...where, "content", type, "schema"), value]),
    );
  return [
    ...media(["requestBody"], requestBody?.content),
    ...Object.entries(responses).flatMap(([status, answer]) => media(["responses", status], answer.content)),
  ];
}

describe("the OpenAPI document", () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startBackend();
  });
  afterAll(() => backend?.stop());

  test("is served, to anyone, and is the one that answers are checked against", async () => {
    const response = await fetch(`${backend.url}/openapi.json`);
    expect(response.headers.get("content-type")).toBe("application/json");
    const served = (await response.json()) as { info: { version: string } };
    expect({ ...served, info: { ...served.info, version: "0.0.0" } }).toEqual(DOCUMENT);
  });

  test.each([
    ["/openapi.json", "br"],
    ["/docs", "gzip"],
    ["/docs/style.css", "br"],
  ])(
    "and what describes it is compressed once, however often it is asked for: %s",
    async (path, encoding) => {
      const { app } = backend.runtime;
      const ask = (accepted: string) => app.request(path, { headers: { "accept-encoding": accepted } });
      const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
      const plain = await ask("identity");
      expect(plain.headers.get("content-encoding")).toBeNull();
      const compress = vi.spyOn(CompressionStream.prototype, "readable", "get");
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(encoding)));
      expect(compress).not.toHaveBeenCalled();
      compress.mockRestore();
      const bodies = await Promise.all(answers.map(bytesOf));
      for (const [i, { headers }] of answers.entries()) {
        expect(headers.get("content-encoding")).toBe(encoding);
        expect(headers.get("content-length")).toBe(String(bodies[i]?.byteLength));
        expect(headers.get("vary")).toContain("accept-encoding");
      }
      const expand = encoding === "br" ? brotliDecompressSync : gunzipSync;
      expect(expand(bodies[0] as Buffer)).toEqual(await bytesOf(plain));
    },
  );

  test("has an operation for every procedure, under its name", () => {
    const procedures = Object.keys(appRouter._def.procedures as object).sort();
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(procedures);
    expect(REST_ROUTES.map(({ procedure }) => procedure).sort()).toEqual(procedures);
  });

  test("has an example of every answer and body that is JSON, and each fits its schema", () => {
    for (const { path, verb, operation } of operations) {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
        part?.content?.["application/json"] ? [part] : [],
      );
      const examples = examplesOf(path, verb, operation);
      expect(new Set(examples.map(([pointer]) => pointer)).size, `${verb} ${path}`).toBe(contents.length);
      for (const [pointer, value] of examples) {
        const check = validatorOf(pointer);
        expect(check(value), `${pointer}: ${JSON.stringify(check.errors)}`).toBe(true);
      }
    }
  });

  test("names every error code somewhere, at its status", () => {
    for (const [code, { http }] of Object.entries(ERRORS)) {
      const named = operations.some(({ operation }) =>
        JSON.stringify(operation.responses[String(http)] ?? "").includes(code),
      );
      expect(named, code).toBe(true);
    }
  });

  test("says what a parameter means", () => {
    const get = operations.find(({ operation }) => operation.operationId === "pegComparison.get");
    const { parameters = [] } = (get?.operation ?? {}) as {
      parameters?: { name: string; description?: string }[];
    };
    const meaning = Object.fromEntries(parameters.map(({ name, description }) => [name, description]));
    expect(meaning.cache_ttl).toMatch(/^seconds /);
    expect(meaning.async).toContain("task");
  });

  test("closes what it describes: an answer with a field more does not fit", () => {
    const check = validatorOf(pointerTo("components", "schemas", "Comparison"));
    const example = EXAMPLES["pegComparison.get"]?.answer as object;
    expect(check(example)).toBe(true);
    expect(check({ ...example, more: 1 })).toBe(false);
  });

  test("tells a story that works: its requests, one after the other, are answered as it says", async () => {
    const headers = { authorization: `Bearer ${await tokenFor("alice")}` };
    const operator = { authorization: `Bearer ${await tokenFor("op", { scope: "peg:admin" })}` };
    const story = [
      "analysis.create",
      "analysis.list",
      "analysis.byId",
      "analysis.series",
      "pegComparison.get",
      "pegComparison.summary",
      "pegComparison.recompute",
      "pegComparison.status",
      "pegComparison.watch",
      "permission.grant",
      "permission.list",
      "permission.own",
      "permission.revoke",
      "analysis.replaceData",
      "analysis.delete",
      "audit.list",
    ];
    expect([...story].sort()).toEqual(Object.keys(EXAMPLES).sort());
    for (const name of story) {
      const found = operations.find(({ operation }) => operation.operationId === name);
      if (!found) throw new Error(name);
      const { parameters, requestBody, responses } = found.operation;
      const query = new URLSearchParams();
      let { path } = found;
      for (const { in: place, name, required, example } of parameters) {
        if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(String(example)));
        else if (required) query.set(name, String(example));
      }
      const body = requestBody?.content["application/json"]?.example;
      const response = await fetch(`${backend.url}${path}${query.size ? `?${query}` : ""}`, {
        method: found.verb.toUpperCase(),
        headers: { ...(name === "audit.list" ? operator : headers), "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      // The first one that it names is that of a success; that the body fits is seen to by whatever fetches.
      expect(`${name} ${response.status}`).toBe(`${name} ${Object.keys(responses)[0]}`);
      await response.body?.cancel();
    }
  });
});

describe("the reference for people", () => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startBackend();
  });
  afterAll(() => backend?.stop());

  test("tells of every operation, schema and header, and loads nothing from elsewhere", async () => {
    const response = await fetch(`${backend.url}/docs`);
    const page = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    for (const { path, operation } of operations) {
      expect(page).toContain(`<code>${path}</code>`);
      expect(page).toContain(operation.operationId);
    }
    for (const name of Object.keys(DOCUMENT.components.schemas)) expect(page).toContain(`<summary>${name}<`);
    for (const name of Object.keys(DOCUMENT.components.headers)) expect(page).toContain(`<dt>${name}<`);
    expect(page).not.toMatch(/<script|https?:\/\//);
    const style = await fetch(`${backend.url}/docs/style.css`);
    expect(style.headers.get("content-type")).toMatch(/^text\/css/);
    expect(await style.text()).not.toMatch(/url\(|@import/);
  });

  test("links to what is there", async () => {
    const page = await (await fetch(`${backend.url}/docs`)).text();
    const targets = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(operations.length);
    expect(links.filter((id) => !targets.has(id))).toEqual([]);
  });
});
