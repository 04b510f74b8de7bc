import { TRPCError } from "@trpc/server";
import { z } from "zod";
import type { PlainText } from "../../contract/words.js";
import type { RestRoute } from "./routes.js";

/** What a route reads of a request, beside its address. */
export interface RestRequest {
  /** The path as it is told to the caller. */
  path: string;
  header(name: string): string | undefined;
  readText(): Promise<string>;
  /** Aborts when nobody waits for the answer any more. */
  signal?: AbortSignal;
}

/** Where and with which query was asked. @param target path and query, as they were sent */
export function addressOf(target: string): URL {
  return new URL(`http://localhost${target}`);
}

/** Raised where the procedure asks for its input: after the token and the limits, as a schema's own refusal. */
function refuse(cause: z.ZodError): never {
  throw new TRPCError({ code: "BAD_REQUEST", cause });
}

function refuseField(path: string, message: PlainText): never {
  refuse(new z.ZodRealError([{ code: "custom", path: [path], message, input: undefined }]));
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BOOLEANS: Record<string, boolean> = { true: true, false: false };

/** The JSON types of a route's fields, by name. */
export function fieldTypes(input: z.ZodType): Record<string, unknown> {
  const { properties = {} } = z.toJSONSchema(input, { io: "input", unrepresentable: "any" });
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, (field as { type?: unknown }).type]),
  );
}

/** A field's text as JSON would have had it. What does not read as such stays text, which the schema refuses. */
function fromText(text: string, type: unknown): unknown {
  if (type === "boolean") return Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : text;
  if (type === "integer" || type === "number") return NUMBER.test(text) ? Number(text) : text;
  return text;
}

async function readBody(request: RestRequest): Promise<unknown> {
  const text = await request.readText();
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TRPCError({ code: "PARSE_ERROR", cause });
  }
}

/**
 * The fields of a procedure's input that stand in an address. Checks only what a procedure cannot see: that each field
 * is given once, and in its place.
 *
 * @param own parameters of the query that are about HTTP, and no fields of the input
 * @throws TRPCError
 */
export function readFields(
  address: URL,
  route: RestRoute,
  types: Record<string, unknown>,
  inPath: Record<string, string>,
  own: readonly string[],
): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, text] of address.searchParams) {
    if (own.includes(name)) continue;
    if (Object.hasOwn(inPath, name)) refuseField(name, "is in the path already");
    if (fields.has(name)) refuseField(name, "must be given once");
    if (route.rest === "body") refuseField(name, "is not a known parameter of the query");
    fields.set(name, fromText(text, types[name]));
  }
  return Object.fromEntries([...fields, ...Object.entries(inPath)]);
}

/** The input of a procedure whose fields stand in the body, but for those in the path. @throws TRPCError */
export async function readBodyWith(request: RestRequest, inPath: Record<string, unknown>): Promise<unknown> {
  const body = await readBody(request);
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  for (const name of Object.keys(inPath))
    if (Object.hasOwn(body, name)) refuseField(name, "is in the path already");
  return Object.assign(body, inPath);
}

/** A parameter of the query that is about HTTP: one of a few words, or absent. */
export function readOption<T extends string>(address: URL, name: string, words: readonly T[]): T | undefined {
  const given = address.searchParams.getAll(name);
  if (given.length > 1) refuseField(name, "must be given once");
  const [word] = given as [T?];
  if (word === undefined || words.includes(word)) return word;
  // Only to say what is wrong: to make a schema takes longer than all else that a request needs.
  return refuse(z.object({ [name]: z.enum(words) }).safeParse({ [name]: word }).error as z.ZodError);
}
