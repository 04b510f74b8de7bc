import { html } from "hono/html";

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: object;
}
interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Answer {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}
interface Operation {
  operationId: string;
  summary: string;
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Media> };
  responses: Record<string, Answer>;
}
interface OpenApi {
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; headers: Record<string, { description: string }> };
}

type Html = ReturnType<typeof html>;

const pretty = (value: unknown) => JSON.stringify(value, null, 2);
const anchor = (id: string) => id.toLowerCase().replace(/[^a-z]+/g, "-");

/** A schema as few words as tell it; the whole stands in the list of schemas. */
function typeOf(schema: object): Html {
  const { $ref, type, format, enum: words, items, oneOf, allOf } = schema as Record<string, unknown>;
  if (typeof $ref === "string") {
    const name = $ref.split("/").at(-1) ?? "";
    return html`<a href="#schema-${anchor(name)}">${name}</a>`;
  }
  if (Array.isArray(words)) return html`${words.join(" | ")}`;
  const parts = (oneOf ?? allOf) as object[] | undefined;
  if (parts)
    return html`${parts.map((part, i) => html`${i ? (oneOf ? " or " : " with ") : ""}${typeOf(part)}`)}`;
  if (type === "array") return html`list of ${typeOf((items ?? {}) as object)}`;
  return html`${[type].flat().join(" or ")}${format ? ` (${format})` : ""}`;
}

function limitsOf(schema: object): string {
  const { minimum, maximum, default: usual, pattern, maxLength } = schema as Record<string, unknown>;
  return [
    minimum === undefined ? "" : `at least ${minimum}`,
    maximum === undefined ? "" : `at most ${maximum}`,
    pattern === undefined ? "" : `like ${pattern}`,
    maxLength === undefined ? "" : `up to ${maxLength} characters`,
    usual === undefined ? "" : `${usual} where absent`,
  ]
    .filter(Boolean)
    .join("; ");
}

function parameterTable(parameters: Parameter[]): Html {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Parameters"><table>
    <thead><tr><th>Parameter</th><th>In</th><th>Type</th><th>What it is</th></tr></thead>
    <tbody>${parameters.map(
      ({ name, in: place, required, schema, description }) => html`<tr>
        <th scope="row"><code>${name}</code>${required ? html` <small>required</small>` : ""}</th>
        <td>${place}</td><td>${typeOf(schema)}</td>
        <td>${[description, limitsOf(schema)].filter(Boolean).join("; ")}</td></tr>`,
    )}</tbody></table></div>`;
}

function media(content: Record<string, Media>): Html {
  return html`${Object.entries(content).map(([type, { schema, example, examples }]) => {
    const shown = example ?? Object.values(examples ?? {})[0]?.value;
    return html`<p><code>${type}</code>: ${typeOf(schema)}</p>${
      shown === undefined ? "" : html`<pre tabindex="0">${pretty(shown)}</pre>`
    }`;
  })}`;
}

function answer([status, { description, headers, content }]: [string, Answer]): Html {
  const names = Object.keys(headers ?? {}).join(", ");
  return html`<details${Number(status) < 300 ? html` open` : ""}>
    <summary><code>${status}</code> ${description}</summary>
    ${names ? html`<p>Headers: ${names}</p>` : ""}${media(content ?? {})}</details>`;
}

function operation(path: string, method: string, op: Operation): Html {
  return html`<section id="${anchor(op.operationId)}">
    <h2><span class="${method}">${method.toUpperCase()}</span> <code>${path}</code></h2>
    <p>${op.summary}. Over tRPC it is <code>${op.operationId}</code>.</p>
    ${op.parameters.length ? parameterTable(op.parameters) : ""}
    ${op.requestBody ? html`<h3>Body${op.requestBody.required ? "" : " (may be left out)"}</h3>${media(op.requestBody.content)}` : ""}
    <h3>Answers</h3>${Object.entries(op.responses).map(answer)}
  </section>`;
}

/** The document for people: one page without scripts, so that it works wherever the server does. */
export function referencePage(document: object): Html {
  const { info, paths, components } = document as OpenApi;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, op]) => ({ path, method, op })),
  );
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>${info.title}: API reference</title><link rel="stylesheet" href="/docs/style.css">
</head>
<body>
  <header><h1>${info.title} <small>${info.version}</small></h1><p>${info.description}</p>
  <p>Each call needs <code>Authorization: Bearer TOKEN</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p></header>
  <nav aria-label="Operations"><ul>${operations.map(
    ({ path, method, op }) =>
      html`<li><a href="#${anchor(op.operationId)}"><span class="${method}">${method.toUpperCase()}</span> ${path}</a></li>`,
  )}<li><a href="#headers">Headers</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>
  <main>${operations.map(({ path, method, op }) => operation(path, method, op))}
  <section id="headers"><h2>Headers</h2><dl>${Object.entries(components.headers).map(
    ([name, { description }]) => html`<dt>${name}</dt><dd>${description}</dd>`,
  )}</dl></section>
  <section id="schemas"><h2>Schemas</h2>${Object.entries(components.schemas).map(
    ([name, schema]) => html`<details id="schema-${anchor(name)}"><summary>${name}</summary>
      <pre tabindex="0">${pretty(schema)}</pre></details>`,
  )}</section></main>
</body></html>`;
}
