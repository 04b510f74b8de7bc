import type { TRPCCombinedDataTransformer } from "@trpc/server";
import superjson, { type SuperJSONResult } from "superjson";
import type { PlainText } from "../contract/words.js";
import { EncodedAnswer } from "../domain/comparison/encoded-answer.js";
import { PegError } from "../domain/errors.js";

const MAX_ANNOTATIONS = 10_000;
/** What a row of raw data may have of these: as many as rows fit into a body. */
const ROW_FIELD = /^stats\.(?:0|[1-9]\d{0,5})\.(?:timestamp|suspect|avg)$/;

function refuse(words: PlainText): never {
  throw new PegError("API_VALIDATION_ERROR", words);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Nothing in an input lies deeper, nor has a longer path. */
const MAX_DEPTH = 8;
const MAX_PATH_CHARS = 1_000;

/** A dot that is not a key's own: before it stands no backslash that is not itself escaped. */
const SEPARATOR = /\.(?<=(?<!\\)(?:\\\\)*\.)/;

/** The keys of a path as superjson writes it: a backslash before each dot and backslash of a key. */
const keysOf = (path: string): string[] =>
  path.split(SEPARATOR, MAX_DEPTH + 1).map((key) => key.replaceAll(/\\([\\.])/g, "$1"));

/** Finds what has a path of its own, and under which key. */
function holderOf(root: unknown, path: string): [Record<string, unknown>, string] | undefined {
  const steps = path.length > MAX_PATH_CHARS ? [] : keysOf(path);
  if (steps.length > MAX_DEPTH) return undefined;
  const last = steps.pop();
  let current = root;
  for (const step of steps) {
    if (!isRecord(current) || !Object.hasOwn(current, step)) return undefined;
    current = current[step];
  }
  return last !== undefined && isRecord(current) && Object.hasOwn(current, last)
    ? [current, last]
    : undefined;
}

/** Takes out what the sender had as undefined and superjson wrote as null. */
function removeAt(root: unknown, path: string): void {
  const [holder, key] = holderOf(root, path) ?? [];
  if (holder && key !== undefined && !Array.isArray(holder) && holder[key] === null) delete holder[key];
}

/** Makes a number of the one finite one that superjson writes as text. The others the schemas refuse by name. */
function readNumberAt(root: unknown, path: string): void {
  const [holder, key] = holderOf(root, path) ?? [];
  if (holder && key !== undefined && holder[key] === "-0") holder[key] = -0;
}

/** How many annotate something else than a row of raw data. */
function countOthers(annotations: readonly [string, unknown][]): number {
  return annotations.reduce((count, [path]) => (ROW_FIELD.test(path) ? count : count + 1), 0);
}

/**
 * Reads what superjson's serialize made, and nothing more: dates stay ISO text, which the schemas take, and no
 * other type is built of what a caller sends. Plain JSON without superjson's envelope is taken as it is.
 *
 * @throws PegError API_VALIDATION_ERROR
 */
export function readInput(value: unknown): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, "json")) return value;
  const { json, meta } = value;
  if (meta === undefined) return json;
  const values = isRecord(meta)
    ? (meta.values ?? {})
    : refuse("The input cannot be read: `meta` must be an object.");
  // An array annotates the root itself, and no input is a Date.
  if (!isRecord(values) || Array.isArray(values))
    refuse("The input cannot be read: only dates inside the input may be annotated.");
  const annotations = Object.entries(values);
  if (annotations.length > MAX_ANNOTATIONS && countOthers(annotations) > MAX_ANNOTATIONS)
    refuse("The input cannot be read: too many dates: send times as ISO 8601 text.");
  for (const [path, types] of annotations) {
    const type = Array.isArray(types) && types.length === 1 ? types[0] : undefined;
    if (type === "undefined") removeAt(json, path);
    else if (type === "number") readNumberAt(json, path);
    else if (type !== "Date") refuse("The input cannot be read: an input holds JSON and dates only.");
  }
  return json;
}

type Note = [path: string, type: ["Date"]];

/** Notes where dates stand below a path, each key of which ends with a dot. */
function noteDates(value: object, path: string, notes: Note[]): void {
  const note = (item: unknown, key: string | number): void => {
    if (typeof item !== "object" || item === null) return;
    const at = `${path}${typeof key === "number" ? key : key.replaceAll(/[\\.]/g, "\\$&")}`;
    if (item instanceof Date) notes.push([at, ["Date"]]);
    else noteDates(item, `${at}.`, notes);
  };
  // By index: the keys of a long list would be as many texts.
  if (Array.isArray(value)) value.forEach(note);
  else for (const [key, item] of Object.entries(value)) note(item, key);
}

/**
 * What superjson would make of JSON and dates, which is all that answers hold. superjson itself refuses some names, of
 * KPIs for instance, and walks what it need not. Dates are written as text by whoever writes the JSON.
 */
function annotate(value: unknown): SuperJSONResult {
  const json = value as SuperJSONResult["json"];
  if (value instanceof Date) return { json, meta: { values: ["Date"], v: 1 } };
  const notes: Note[] = [];
  if (isRecord(value)) noteDates(value, "", notes);
  return notes.length ? { json, meta: { values: Object.fromEntries(notes), v: 1 } } : { json };
}

/** superjson on the wire; an encoded answer passes as it is wherever the HTTP layer does not send its bytes. */
export const transformer: TRPCCombinedDataTransformer = {
  input: { serialize: superjson.serialize, deserialize: readInput },
  output: {
    serialize: (value) =>
      value instanceof EncodedAnswer
        ? (JSON.parse(value.trpc.toString("utf8")) as { result: { data: unknown } }).result.data
        : annotate(value),
    deserialize: superjson.deserialize,
  },
};
