import { type Call, Connections, calls, type Face, type Result } from "./calls.js";
import { readSeen } from "./marked-data.js";
import type { Kind, OperationOf } from "./operations.js";
import type { Step } from "./plan.js";
import type { Invocation, Recorder } from "./recorder.js";

/** Who asks whom. */
export interface By {
  client: string;
  user: string;
  server: number;
}

export interface AskingOptions {
  recorder: Recorder;
  urls: readonly string[];
  tokenOf(user: string): string;
}

type How = Pick<Step, "includeMetadata" | "cacheTtl" | "face">;

/** Sends calls and records them: each when it is sent, and what it ended with. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #connections = new Connections();
  #requests = 0;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  async look(by: By, analysis: string, face: Face = "rest"): Promise<Result> {
    return this.one<"look">(by, { kind: "look" }, analysis, calls.look(analysis), face, (body) => {
      const version = versionOf(body);
      return version === undefined ? {} : { version };
    });
  }

  async list(by: By, face: Face): Promise<Result> {
    return this.one<"list">(by, { kind: "list" }, "", calls.list(20), face, (body) => ({
      items: (body as { items: { id: string; data_version: number }[] }).items.map((item) => ({
        analysis: item.id,
        version: item.data_version,
      })),
    }));
  }

  async read(by: By, kind: "get" | "async" | "summary", analysis: string, how: How): Promise<Result> {
    const call = kind === "summary" ? calls.summary(analysis) : getCall(analysis, how, kind === "async");
    return this.one<"get">(by, { kind: kind as "get" }, analysis, call, how.face, shownBy);
  }

  /** One call. @param shown what its answer shows */
  async one<K extends Kind>(
    by: By,
    work: Partial<OperationOf<K>>,
    analysis: string,
    call: Call,
    face: Face,
    shown?: (body: unknown) => Partial<OperationOf<K>>,
  ): Promise<Result> {
    const { recorder } = this.#options;
    const requestId = `history-${++this.#requests}`;
    const operation = recorder.begin<K>({ ...by, ...work, analysis, requestId } as unknown as Invocation<K>);
    const result = await this.#connections.send(this.#sender(by, requestId), call, face);
    recorder.end(operation, endOf(result, shown));
    return result;
  }

  /** Calls as one request: each is an operation of its own. */
  async together<K extends Kind>(
    by: By,
    work: Partial<OperationOf<K>>,
    works: readonly { analysis: string; call: Call }[],
    shown?: (body: unknown) => Partial<OperationOf<K>>,
  ): Promise<void> {
    if (!works.length) return;
    const { recorder } = this.#options;
    const requestId = `history-${++this.#requests}`;
    const operations = works.map(({ analysis }) =>
      recorder.begin<K>({ ...by, ...work, analysis, requestId } as unknown as Invocation<K>),
    );
    const batch = works.map(({ call }) => call);
    const results = await this.#connections.sendBatch(this.#sender(by, requestId), batch);
    operations.forEach((operation, i) => {
      recorder.end(operation, endOf(results[i] as Result, shown));
    });
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  #sender({ user, server }: By, requestId: string) {
    const { urls, tokenOf } = this.#options;
    return { url: urls[server] as string, token: tokenOf(user), requestId };
  }
}

export function getCall(id: string, how: Pick<Step, "includeMetadata" | "cacheTtl">, isAsync: boolean): Call {
  return calls.get({ id, include_metadata: how.includeMetadata, cache_ttl: how.cacheTtl, async: isAsync });
}

/** What an answer shows; nothing where it is a task's state. */
export function shownBy(body: unknown): Partial<OperationOf<"get">> {
  return (body as { data?: unknown }).data === undefined ? {} : { seen: readSeen(body) };
}

export function versionOf(body: unknown): number | undefined {
  return (body as { data_version?: number } | undefined)?.data_version;
}

function endOf<K extends Kind>(
  { outcome, error, body }: Result,
  shown?: (body: unknown) => Partial<OperationOf<K>>,
): Partial<OperationOf<K>> {
  const seen = outcome === "ok" ? shown?.(body) : undefined;
  return { outcome, ...(error === undefined ? {} : { error }), ...seen } as Partial<OperationOf<K>>;
}
