import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { openApiDocument } from "../../src/http/openapi/document.js";

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Answer {
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}
export interface Operation {
  operationId: string;
  parameters: { name: string; in: string; schema: object; required: boolean; example?: unknown }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Answer>;
}
export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; headers: Record<string, object> };
}

export const DOCUMENT = openApiDocument("0.0.0") as unknown as OpenApi;

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
let ajv: Ajv2020 | undefined;
const validators = new Map<string, ValidateFunction>();

/** Checks values against a schema that refers into the document. */
export function validatorOf(pointer: string): ValidateFunction {
  if (!ajv) {
    ajv = new Ajv2020({ strict: false, allErrors: true });
    ajv.addFormat("date-time", ISO).addFormat("uuid", /^[0-9a-f-]{36}$/);
    ajv.addSchema(DOCUMENT, "openapi");
  }
  const known = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
  validators.set(pointer, known);
  return known;
}

/** Names in a JSON pointer. */
export function pointerTo(...names: (string | number)[]): string {
  return names
    .map((name) => `/${encodeURIComponent(String(name).replaceAll("~", "~0").replaceAll("/", "~1"))}`)
    .join("");
}

const PATHS = Object.keys(DOCUMENT.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The operation that a request is for, if there is one. */
export function operationAt(method: string, pathname: string): { path: string; verb: string } | undefined {
  const verb = method === "HEAD" ? "get" : method.toLowerCase();
  const found = PATHS.find(({ path, pattern }) => pattern.test(pathname) && DOCUMENT.paths[path]?.[verb]);
  return found && { path: found.path, verb };
}

/** How an answer differs from what the document promises of it. Empty where it does not. */
export async function undocumented(method: string, url: URL, response: Response): Promise<string[]> {
  const found = operationAt(method, url.pathname);
  if (!found) return [];
  const { path, verb } = found;
  const what = `${verb.toUpperCase()} ${path} ${response.status}`;
  const { status, headers } = response;
  const promised = DOCUMENT.paths[path]?.[verb]?.responses[String(status)];
  if (!promised) return [`${what} is not in the document`];
  const names = Object.keys(promised.headers ?? {});
  const surprises = Object.keys(DOCUMENT.components.headers)
    .filter((name) => headers.has(name) && !names.includes(name))
    .map((name) => `${what}: the header ${name} is not in the document`);
  const body = method === "HEAD" || status === 304 || status === 204 ? "" : response;
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  if (body === "") return surprises;
  if (!promised.content?.[type]) return [...surprises, `${what}: ${type} is not in the document`];
  if (type !== "application/json") return surprises;
  const check = validatorOf(pointerTo("paths", path, verb, "responses", status, "content", type, "schema"));
  const fits = check(await response.clone().json());
  return fits ? surprises : [...surprises, `${what}: ${ajv?.errorsText(check.errors)}`];
}
