import { expect } from "vitest";
import { type ErrorBody, errorBody } from "../../src/contract/errors.js";

/** Limits that no test reaches by accident. */
export const PLENTY = {
  RATE_LIMIT_GET: "100000/1m",
  RATE_LIMIT_STATUS: "100000/1m",
  RATE_LIMIT_ALL: "100000/1m",
};

/** What either face answered to one call. */
export interface FaceAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Undefined where it is none. */
  error: ErrorBody | undefined;
  /** The bare JSON, without what the face puts around it. */
  data: unknown;
}

/** Takes an answer of either face apart. An error has to be as the contract says, in the form of the face. */
export async function readAnswer(response: Response): Promise<FaceAnswer> {
  const { status, headers, url } = response;
  const opened = openBody(await response.text());
  if (opened.error && url && new URL(url).pathname.startsWith("/trpc/"))
    expect(JSON.parse(opened.text)).toHaveProperty("error.json.data.error");
  return { status, headers, ...opened };
}

/** The same of a body alone. */
export function openBody(text: string): Pick<FaceAnswer, "text" | "error" | "data"> {
  const body = (text === "" ? {} : JSON.parse(text)) as {
    error?: { json?: { data: { error: unknown } } };
    result?: { data: { json: unknown } };
  };
  const error = body.error && errorBody.parse(body.error.json?.data.error ?? body.error);
  return { text, error, data: body.result ? body.result.data.json : body };
}

/** A query of tRPC as an address. */
export function queryPath(procedure: string, input: unknown): string {
  return `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;
}

/** A batch of queries of tRPC as an address. */
export function batchPath(calls: readonly (readonly [procedure: string, input: unknown])[]): string {
  const inputs = Object.fromEntries(calls.map(([, input], i) => [i, { json: input }]));
  const paths = calls.map(([procedure]) => procedure).join(",");
  return `/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
}

/** How a value is sent as JSON. */
export function jsonBody(value: unknown, method = "POST"): RequestInit & { headers: Record<string, string> } {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** An error without what differs from one request to the next. */
export function withoutTrace(text: string): string {
  return text
    .replace(/"timestamp":"[^"]*"/g, '"timestamp":""')
    .replace(/"request_id":"[^"]*"/g, '"request_id":""');
}
