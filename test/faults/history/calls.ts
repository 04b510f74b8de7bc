import { Agent, request } from "undici";
import type { Outcome } from "./operations.js";

/** One call, as either face takes it. */
export interface Call {
  procedure: string;
  input: Record<string, unknown>;
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  /** Fields of the input that stand in the path already. */
  inPath: readonly string[];
}

/** How a call ended; `body` is what the REST face answers, whichever was asked. */
export interface Result {
  outcome: Outcome;
  error?: string;
  body?: unknown;
}

export type Face = "rest" | "trpc";

export interface Sender {
  url: string;
  token: string;
  requestId: string;
}

const ANSWER_WITHIN_MS = 20_000;
const RESULTS = "/api/analysis/results";

const isQuery = ({ method }: Call): boolean => method === "GET";

function callOf(method: Call["method"], procedure: string, path: string, input: Call["input"]): Call {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  return { method, procedure, input, path: RESULTS + filled, inPath };
}

/** The calls that histories are made of. */
export const calls = {
  create: (input: { id: string }) => callOf("POST", "analysis.create", "", input),
  replace: (input: { id: string; data_version: number }) =>
    callOf("PUT", "analysis.replaceData", "/{id}/data", input),
  delete: (id: string) => callOf("DELETE", "analysis.delete", "/{id}", { id }),
  grant: (input: { id: string; user_id: string; permission_type: string }) =>
    callOf("PUT", "permission.grant", "/{id}/permissions/{user_id}", input),
  revoke: (input: { id: string; user_id: string; permission_type: string }) =>
    callOf("DELETE", "permission.revoke", "/{id}/permissions/{user_id}", input),
  get: (input: { id: string; include_metadata: boolean; cache_ttl: number; async: boolean }) =>
    callOf("GET", "pegComparison.get", "/{id}/peg-comparison", input),
  summary: (id: string) => callOf("GET", "pegComparison.summary", "/{id}/peg-comparison/summary", { id }),
  status: (id: string) => callOf("GET", "pegComparison.status", "/{id}/peg-comparison/status", { id }),
  look: (id: string) => callOf("GET", "analysis.byId", "/{id}", { id }),
  list: (limit: number) => callOf("GET", "analysis.list", "", { limit }),
};

/** Connections of a history's clients. */
export class Connections {
  readonly #agent = new Agent({ headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS });

  /** Sends a call once: nothing asks again. */
  async send(sender: Sender, call: Call, face: Face): Promise<Result> {
    const { method, path, input, inPath } = call;
    if (face === "trpc") return (await this.#trpc(sender, [call], false))[0] as Result;
    const rest = Object.entries(input).filter(([name]) => !inPath.includes(name));
    const asQuery = method === "GET" || method === "DELETE";
    const query =
      asQuery && rest.length
        ? `?${new URLSearchParams(rest.map(([a, b]): [string, string] => [a, String(b)]))}`
        : "";
    const body = asQuery ? undefined : JSON.stringify(Object.fromEntries(rest));
    const answer = await this.#exchange(sender, method, path + query, body);
    if ("failure" in answer) return unanswered(answer.failure);
    if (answer.status < 400) return { outcome: "ok", body: answer.body };
    return refused(call, answer.status, (answer.body as { error?: { code?: string } }).error?.code);
  }

  /** Sends queries as one request. */
  async sendBatch(sender: Sender, batch: readonly Call[]): Promise<Result[]> {
    return this.#trpc(sender, batch, true);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #trpc(sender: Sender, together: readonly Call[], batch: boolean): Promise<Result[]> {
    const names = together.map(({ procedure }) => procedure).join(",");
    const inputs = together.map(({ input }) => ({ json: input }));
    const [first] = together as [Call];
    const query = new URLSearchParams({
      ...(batch ? { batch: "1" } : {}),
      input: JSON.stringify(batch ? { ...inputs } : inputs[0]),
    });
    const answer = isQuery(first)
      ? await this.#exchange(sender, "GET", `/trpc/${names}?${query}`, undefined)
      : await this.#exchange(sender, "POST", `/trpc/${names}`, JSON.stringify(inputs[0]));
    if ("failure" in answer) return together.map(() => unanswered(answer.failure));
    const items = (batch ? answer.body : [answer.body]) as TrpcItem[];
    return together.map((call, i) => {
      const item = Array.isArray(items) ? items[i] : undefined;
      if (item?.result) return { outcome: "ok", body: item.result.data.json };
      const { httpStatus = answer.status, error } = item?.error?.json?.data ?? {};
      return refused(call, httpStatus, error?.code);
    });
  }

  async #exchange(
    { url, token, requestId }: Sender,
    method: Call["method"],
    path: string,
    body: string | undefined,
  ): Promise<{ status: number; body: unknown } | { failure: string }> {
    try {
      const answer = await request(url + path, {
        method,
        dispatcher: this.#agent,
        headers: {
          authorization: `Bearer ${token}`,
          "x-request-id": requestId,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
      });
      return { status: answer.statusCode, body: JSON.parse(await answer.body.text()) as unknown };
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      return { failure: code ?? name ?? "failed" };
    }
  }
}

interface TrpcItem {
  result?: { data: { json: unknown } };
  error?: { json?: { data?: { httpStatus?: number; error?: { code?: string } } } };
}

/** Where no connection was made nothing was sent; all else may have arrived. */
function unanswered(failure: string): Result {
  return { outcome: failure === "ECONNREFUSED" ? "fail" : "unknown", error: failure };
}

/** What a failure of the server's own leaves open: whether a change took effect before it. */
function refused(call: Call, status: number, code: string | undefined): Result {
  const outcome = isQuery(call) || status < 500 ? "fail" : "unknown";
  return { outcome, error: code ?? `HTTP ${status}` };
}
