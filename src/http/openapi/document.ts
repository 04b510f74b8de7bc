import { pegComparisonStatusOutput } from "../../contract/comparison.js";
import { ERRORS, type ErrorCode } from "../../contract/errors.js";
import { REST_ROUTES, type RestRoute } from "../rest/routes.js";
import { EXAMPLES, errorExample, PARAMETER_EXAMPLES, PENDING_EXAMPLE } from "./examples.js";
import { componentSchemas, inputSchema, type JsonSchema, outputSchema } from "./schemas.js";

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const headersOf = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, ref("headers", name)]));
const text = (description: string) => ({ description, schema: { type: "string" } });
const LIMITS = ["RateLimit-Policy", "RateLimit"];

/** What any answer may say in its head. */
const HEADERS = {
  "X-Request-Id": text("The id of the request, in the logs too. A caller may choose it."),
  "RateLimit-Policy": text('The limits that count this call: `"get";q=10;w=60` is 10 calls in 60 seconds.'),
  RateLimit: text('Calls left, and seconds until there are more: `"get";r=7;t=32`.'),
  "Retry-After": {
    description: "Seconds to wait before trying again.",
    schema: { type: "integer", minimum: 1 },
  },
  ETag: text("Changes with what the answer says. Send it back as If-None-Match."),
  Location: text("Where what was made, or is being made, is found."),
  "WWW-Authenticate": text("`Bearer`"),
};

/** Besides what each route lists. */
const ALWAYS: ErrorCode[] = [
  "API_VALIDATION_ERROR",
  "API_AUTHENTICATION_ERROR",
  "API_RATE_LIMIT_EXCEEDED",
  "SERVICE_UNAVAILABLE",
  "INTERNAL_ERROR",
];

function errorCodes(route: RestRoute): ErrorCode[] {
  const bound = route.path.includes("{id}");
  return [
    ...ALWAYS,
    ...(bound ? (["PERMISSION_DENIED", "ANALYSIS_NOT_FOUND"] as const) : []),
    ...(route.method === "GET" ? [] : (["PERMISSION_DENIED"] as const)),
    ...(route.rest === "body" ? (["PAYLOAD_TOO_LARGE"] as const) : []),
    ...route.errors,
  ];
}

/** The error answers of a route, by status: most are the code's own, a few are of HTTP. */
function errorResponses(route: RestRoute): Record<string, object> {
  const byStatus = new Map<number, Set<ErrorCode>>();
  const add = (status: number, code: ErrorCode) =>
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  for (const code of errorCodes(route)) add(ERRORS[code].http, code);
  // A path that cannot be decoded names nothing.
  if (route.path.includes("{")) add(404, "API_VALIDATION_ERROR");
  if (route.rest === "body") add(415, "API_VALIDATION_ERROR");
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [String(status), errorResponse(status, [...codes])]),
  );
}

function errorResponse(status: number, codes: ErrorCode[]): object {
  const waits = [429, 503, 504].includes(status) ? ["Retry-After"] : [];
  // Whoever is refused before the limits is told nothing of them.
  const limits = [401, 415].includes(status) ? [] : LIMITS;
  const asks = status === 401 ? ["WWW-Authenticate"] : [];
  return {
    description: codes.join(", "),
    headers: headersOf("X-Request-Id", ...limits, ...waits, ...asks),
    content: {
      "application/json": {
        schema: {
          allOf: [
            ref("schemas", "Error"),
            {
              type: "object",
              properties: { error: { type: "object", properties: { code: { enum: codes } } } },
            },
          ],
        },
        examples: Object.fromEntries(codes.map((code) => [code, { value: errorExample(code) }])),
      },
    },
  };
}

function successResponses(route: RestRoute): Record<string, object> {
  const answer = { schema: outputSchema(route.output), example: EXAMPLES[route.procedure]?.answer };
  const headers = (...more: string[]) => headersOf("X-Request-Id", ...LIMITS, ...more);
  if (route.streamed) {
    const stream = { type: "string", description: "Each event has an `id`; its `data` is a Task." };
    return {
      200: {
        description: "Events until the task has ended; an early end is told by an event `closed`.",
        headers: headers(),
        content: { "text/event-stream": { schema: stream } },
      },
      204: { description: "There is nothing after the event that was seen last.", headers: headers() },
    };
  }
  const accepted = {
    description: "The comparison is still to come. Ask at Location, after Retry-After seconds.",
    headers: headers("Location", "Retry-After"),
  };
  if (route.method !== "GET") {
    const content = { "application/json": answer };
    if (route.mayTake) return { 202: { ...accepted, content } };
    const created = route.status === 201;
    return {
      [route.status ?? 200]: {
        description: created ? "It is stored." : "It is done.",
        headers: headers(...(created ? ["Location"] : [])),
        content,
      },
    };
  }
  const csv = { "text/csv": { schema: { type: "string" } } };
  const { oneOf: [done, pending] = [] } = answer.schema as { oneOf?: JsonSchema[] };
  return {
    200: {
      description: "The answer.",
      headers: headers("ETag", ...(route.output === pegComparisonStatusOutput ? ["Retry-After"] : [])),
      content: {
        "application/json": route.mayTake ? { ...answer, schema: done } : answer,
        ...(route.asCsv ? csv : {}),
      },
    },
    ...(route.mayTake
      ? {
          202: {
            ...accepted,
            content: { "application/json": { schema: pending, example: PENDING_EXAMPLE } },
          },
        }
      : {}),
    304: { description: "The caller has it already.", headers: headers("ETag") },
  };
}

function parameters(route: RestRoute, fields: Record<string, JsonSchema>, required: string[]): object[] {
  const parameter = (place: string, name: string, schema: JsonSchema | undefined) => {
    const { description, ...rest } = schema ?? {};
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description ? { description } : {}),
      schema: rest,
      ...(name in PARAMETER_EXAMPLES && (place === "path" || required.includes(name))
        ? { example: PARAMETER_EXAMPLES[name] }
        : {}),
    };
  };
  const header = (name: string, description: string) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  });
  const inPath = pathFields(route);
  const inQuery = route.rest === "query" ? Object.keys(fields).filter((name) => !inPath.includes(name)) : [];
  return [
    ...inPath.map((name) => parameter("path", name, fields[name])),
    ...inQuery.map((name) => parameter("query", name, fields[name])),
    ...(route.asCsv
      ? [
          parameter("query", "format", {
            type: "string",
            enum: ["json", "csv"],
            description: "before Accept",
          }),
        ]
      : []),
    ...(route.streamed ? [header("Last-Event-ID", "The id of the event that was seen last.")] : []),
    ...(route.method === "GET" && !route.streamed
      ? [header("If-None-Match", "The ETag of the answer that is held already.")]
      : []),
  ];
}

function pathFields(route: RestRoute): string[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
}

function operation(route: RestRoute): object {
  const schema = inputSchema(route.input);
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const inPath = pathFields(route);
  const bodyFields = Object.entries(properties).filter(([name]) => !inPath.includes(name));
  const needed = required.filter((name) => !inPath.includes(name));
  const body = {
    required: needed.length > 0,
    content: {
      "application/json": {
        schema: {
          type: "object",
          properties: Object.fromEntries(bodyFields),
          ...(needed.length ? { required: needed } : {}),
          additionalProperties: false,
        },
        example: EXAMPLES[route.procedure]?.request,
      },
    },
  };
  return {
    operationId: route.procedure,
    tags: [route.procedure.split(".")[0]],
    summary: route.summary,
    parameters: parameters(route, properties, required),
    ...(route.rest === "body" ? { requestBody: body } : {}),
    responses: { ...successResponses(route), ...errorResponses(route) },
  };
}

/** The REST face as an OpenAPI 3.1 document, made from the schemas that check each call. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of REST_ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "PEG comparison",
      version,
      description:
        "Compares the KPI counters (PEGs) of radio cells over two periods: N-1, before a change, and N, after it.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: [
      { name: "pegComparison", description: "Comparisons, and the tasks that compute them" },
      { name: "analysis", description: "Raw data of two periods" },
      { name: "permission", description: "Who may do what with an analysis" },
      { name: "audit", description: "Who did what" },
    ],
    paths,
    components: {
      schemas: componentSchemas(),
      headers: HEADERS,
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  };
}
