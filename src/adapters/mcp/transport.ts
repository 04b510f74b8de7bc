import type { FetchOptions } from "ofetch";
import type { Agent } from "undici";
import { MCP_ANALYSIS_PATH, MCP_ASYNC_PATH, MCP_STATUS_PATH } from "../../contract/mcp-protocol.js";
import { type Deadline, DeadlineReached, startDeadline, untilAborted } from "./deadline.js";
import { AttemptFailure, networkFailure, statusFailure, timeoutFailure } from "./failure.js";
import { type AnswerBytes, decodeText, readBody } from "./read-body.js";
import { bodyStream, type RequestBody } from "./request-body.js";
import { parseRetryAfter } from "./retry-after.js";

/** The body of a refusal holds 100 details at most; what is longer is no refusal of ours. */
const MAX_ERROR_BYTES = 256 * 1024;
const ERROR_BODY_MS = 1_000;

export interface TransportOptions {
  url: string | Promise<string>;
  token?: string | undefined;
  timeoutMs: number;
  maxConnections: number;
  maxAnswerBytes: number;
  now: () => number;
}

/** An answer that is worth reading: bytes of a 2xx, or the text of a 400 or 422, which may explain itself. */
export type Answer = { ok: true; bytes: AnswerBytes } | { ok: false; text: string; failure: AttemptFailure };

/** By what the two services' logs and traces are joined, and attempts told from each other. */
export interface CallIds {
  requestId: string;
  traceparent?: string | undefined;
  /** The same for each attempt to start one comparison: a service that knows it starts one, whatever answer was lost. */
  idempotencyKey?: string | undefined;
}

export interface Transport {
  /**
   * Sends the body once.
   *
   * @param signal ends the attempt with the signal's reason
   * @throws AttemptFailure
   */
  send(body: RequestBody, ids: CallIds, signal: AbortSignal): Promise<Answer>;
  /** The same for the asynchronous form, which answers with a task. */
  start(body: RequestBody, ids: CallIds, signal: AbortSignal): Promise<Answer>;
  /** Asks once how such a task is. */
  status(taskId: string, ids: CallIds, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** A keep-alive pool of connections, opened once. */
async function openPool({ maxConnections, timeoutMs }: TransportOptions) {
  // They take a tenth of a second to load, which no start of a server needs to wait for.
  const [{ Agent, fetch, Headers }, { createFetch }] = await Promise.all([
    import("undici"),
    import("ofetch"),
  ]);
  return {
    // undici's own deadlines are off: ours covers the whole attempt, and may be longer than its 300 s.
    dispatcher: new Agent({
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      connect: { timeout: timeoutMs },
      headersTimeout: 0,
      bodyTimeout: 0,
    }),
    client: createFetch({
      fetch: fetch as unknown as typeof globalThis.fetch,
      Headers: Headers as unknown as typeof globalThis.Headers,
    }),
  };
}

/** Sends to one address. The deadline of an attempt covers waiting for the address, connecting, headers and body. */
export function createTransport(options: TransportOptions): Transport {
  const { url } = options;
  const address = typeof url === "string" ? baseOf(url) : url.then(baseOf);
  const authorization: Record<string, string> =
    options.token === undefined ? {} : { authorization: bearer(options.token) };
  let pool: ReturnType<typeof openPool> | undefined;
  const opened = () => {
    pool ??= openPool(options);
    return pool;
  };

  const exchange = async (
    path: string,
    body: RequestBody | undefined,
    ids: CallIds,
    deadline: Deadline,
  ): Promise<Answer> => {
    const base = await untilAborted(Promise.resolve(address), deadline.signal);
    const { client, dispatcher } = await opened();
    // ofetch's own retry and timeout share one signal and end at the headers: neither is used.
    const request: FetchOptions<"stream"> & { dispatcher: Agent } = {
      method: body ? "POST" : "GET",
      headers: {
        accept: "application/json",
        // Python servers often cannot take a chunked body.
        ...(body ? { "content-type": "application/json", "content-length": String(body.length) } : {}),
        ...(/^[\x21-\x7e]{1,255}$/.test(ids.requestId) ? { "x-request-id": ids.requestId } : {}),
        ...(ids.traceparent === undefined ? {} : { traceparent: ids.traceparent }),
        ...(ids.idempotencyKey === undefined ? {} : { "idempotency-key": ids.idempotencyKey }),
        ...authorization,
      },
      ...(body ? { body: bodyStream(body) } : {}),
      responseType: "stream",
      ignoreResponseError: true,
      retry: false,
      redirect: "manual",
      signal: deadline.signal,
      dispatcher: dispatcher as never,
    };
    const response = await client.raw(base + path, request);
    const stream = response.body as ReadableStream<Uint8Array> | null;
    if (response.status >= 200 && response.status < 300) {
      return { ok: true, bytes: await readBody(stream, options.maxAnswerBytes) };
    }
    const failure = statusFailure(
      response.status,
      parseRetryAfter(response.headers.get("retry-after"), options.now()),
    );
    const text = await errorText(stream, () => deadline.abort(failure));
    if (response.status === 400 || response.status === 422) return { ok: false, text, failure };
    throw failure;
  };

  const attempt = async (
    path: string,
    body: RequestBody | undefined,
    ids: CallIds,
    signal: AbortSignal,
  ): Promise<Answer> => {
    // What it takes to load is no slowness of the service: its time begins after that.
    await opened();
    const deadline = startDeadline(options.timeoutMs, [signal]);
    try {
      return await exchange(path, body, ids, deadline);
    } catch (error) {
      // A call's deadline that passes in an attempt counts against the circuit; a caller who leaves does not.
      if (signal.aborted) throw signal.reason instanceof DeadlineReached ? timeoutFailure() : signal.reason;
      if (error instanceof AttemptFailure) throw error;
      throw deadline.signal.aborted ? timeoutFailure() : networkFailure(error);
    } finally {
      deadline.clear();
    }
  };

  return {
    send: (body, ids, signal) => attempt(MCP_ANALYSIS_PATH, body, ids, signal),
    start: (body, ids, signal) => attempt(MCP_ASYNC_PATH, body, ids, signal),
    status: (taskId, ids, signal) =>
      attempt(`${MCP_STATUS_PATH}/${encodeURIComponent(taskId)}`, undefined, ids, signal),
    close: async () => (await pool)?.dispatcher.destroy(),
  };
}

/** Reads the body of an error, to free the connection and to hear a reason; gives up early. */
async function errorText(stream: ReadableStream<Uint8Array> | null, giveUp: () => void): Promise<string> {
  const timer = setTimeout(giveUp, ERROR_BODY_MS);
  try {
    return decodeText(await readBody(stream, MAX_ERROR_BYTES));
  } catch {
    return "";
  } finally {
    clearTimeout(timer);
  }
}

function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new TypeError(
      "The analysis service's address must be http(s)://host[:port][/path], without credentials or query",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function bearer(token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new TypeError("The analysis service's token must be printable ASCII without spaces");
  return `Bearer ${token}`;
}
