import { setTimeout as sleep } from "node:timers/promises";
import { type Call, Connections, calls, type Face, type Result } from "./calls.js";
import { markedData, readSeen } from "./marked-data.js";
import type { Kind, OperationOf } from "./operations.js";
import { planOf, type Step, type Workload } from "./plan.js";
import { randomOf } from "./random.js";
import type { Invocation, Recorder } from "./recorder.js";

/** What stands in a slot, as far as the clients know. */
interface Held {
  analysis: string;
  owner: string;
  version: number;
  /** Creates that may still take effect. An id is never used again: what may be made is not deleted. */
  creates: number;
  deleting: boolean;
}

interface Slot {
  held: Held | undefined;
  previous: Held | undefined;
  made: number;
}

export interface ClientsOptions {
  seed: number;
  workload: Workload;
  recorder: Recorder;
  urls: readonly string[];
  /** Whether a process runs: else its callers go to the next, as a proxy would send them. */
  isRunning(server: number): boolean;
  tokenOf(user: string): string;
}

const COUNTED_USER = "counted";
/** Where no process runs. */
const WAIT_MS = 50;

/** Clients that do what their plans say, each one thing after the other, and record it. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #connections = new Connections();
  readonly #slots: Slot[];
  #marks = 0;
  #requests = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    const { slots } = options.workload;
    this.#slots = Array.from({ length: slots }, () => ({ held: undefined, previous: undefined, made: 0 }));
  }

  static usersOf({ slots, readers }: Workload): string[] {
    const owners = Array.from({ length: slots }, (_, i) => ownerOf(i));
    return [...new Set(owners), ...Array.from({ length: readers }, (_, i) => `reader-${i}`), COUNTED_USER];
  }

  /** Runs all clients until the signal aborts and what they have begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { workload, urls, seed, isRunning } = this.#options;
    const all = Array.from({ length: workload.clients }, async (_, client) => {
      for (const step of planOf(workload, urls.length, seed, client)) {
        while (!urls.some((_, server) => isRunning(server)) && !signal.aborted) await sleep(WAIT_MS);
        if (signal.aborted) return;
        await this.#take(`client-${client}`, step);
        await sleep(step.thinkMs);
      }
    });
    await Promise.all([...all, this.#count(signal)]);
  }

  /** Reads a description and a comparison as their owner, at one server. */
  async readAsOwner(analysis: string, owner: string, server: number): Promise<Result[]> {
    const by = { client: "in the end", user: owner, server };
    const look = await this.#look(by, analysis);
    const got = await this.#read(by, "get", analysis, {
      includeMetadata: true,
      cacheTtl: 3600,
      face: "rest",
    });
    return [look, got];
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  async #take(client: string, planned: Step): Promise<void> {
    const step = {
      ...planned,
      server: this.#running(planned.server),
      otherServer: this.#running(planned.otherServer),
    };
    const slot = this.#slots[step.slot] as Slot;
    const { kind, server } = step;
    const user = step.reader === undefined ? ownerOf(step.slot) : `reader-${step.reader}`;
    const by = { client, user, server };
    if (kind === "list") return void (await this.#list(by, step.face));
    const { held } = slot;
    if (!held) return this.#create(client, step, slot);
    const byOwner = { ...by, user: held.owner };
    switch (kind) {
      case "create":
        return this.#create(client, step, slot);
      case "replace":
        return this.#replace(byOwner, step, held);
      case "delete":
        return this.#delete(byOwner, step, slot, held);
      case "grant":
      case "revoke":
        return this.#change(byOwner, step, held, kind);
      case "look":
        return void (await this.#look(by, held.analysis, step.face));
      case "batch":
        return this.#readTogether(by, step);
      default: {
        const read = (step.previous && slot.previous) || held;
        await this.#read(by, kind, read.analysis, step);
      }
    }
  }

  async #create(client: string, step: Step, slot: Slot): Promise<void> {
    // While one creates, another may try the same: one of the two is told so.
    const held = slot.held ?? {
      analysis: `s${step.slot}-${++slot.made}`,
      owner: ownerOf(step.slot),
      version: 1,
      creates: 0,
      deleting: false,
    };
    if (held.deleting) return;
    held.creates++;
    const isNew = slot.held === undefined;
    slot.held = held;
    const mark = ++this.#marks;
    const call = calls.create({ id: held.analysis, ...markedData(held.analysis, mark) });
    const work = { kind: "create" as const, mark, version: 1 };
    const by = { client, user: held.owner, server: step.server };
    const { outcome } = await this.#do<"create">(by, work, held.analysis, call, step.face);
    if (outcome !== "unknown") held.creates--;
    if (isNew && outcome !== "ok" && slot.held === held) {
      slot.previous = held;
      slot.held = undefined;
    }
  }

  async #replace(by: By, step: Step, held: Held): Promise<void> {
    const mark = ++this.#marks;
    const version = held.version + 1;
    const data = markedData(held.analysis, mark);
    const call = calls.replace({ id: held.analysis, data_version: held.version, ...data });
    const work = { kind: "replace" as const, mark, version };
    const { outcome } = await this.#do<"replace">(by, work, held.analysis, call, step.face);
    if (outcome === "ok") held.version = Math.max(held.version, version);
    else {
      const { body } = await this.#look(by, held.analysis);
      held.version = Math.max(held.version, versionOf(body) ?? 0);
    }
    if (step.follows) await this.#read({ ...by, server: step.otherServer }, "get", held.analysis, step);
  }

  async #delete(by: By, step: Step, slot: Slot, held: Held): Promise<void> {
    if (held.creates) return;
    held.deleting = true;
    const call = calls.delete(held.analysis);
    const { outcome } = await this.#do<"delete">(by, { kind: "delete" }, held.analysis, call, step.face);
    if (outcome === "fail") held.deleting = false;
    else if (slot.held === held) {
      slot.previous = held;
      slot.held = undefined;
    }
  }

  async #change(by: By, step: Step, { analysis }: Held, kind: "grant" | "revoke"): Promise<void> {
    const { permission } = step;
    const subject = `reader-${step.subject}`;
    const call = calls[kind]({ id: analysis, user_id: subject, permission_type: permission });
    await this.#do<"grant">(by, { kind: kind as "grant", subject, permission }, analysis, call, step.face);
    if (step.follows)
      await this.#read({ ...by, user: subject, server: step.otherServer }, "get", analysis, step);
  }

  async #look(by: By, analysis: string, face: Face = "rest"): Promise<Result> {
    return this.#do<"look">(by, { kind: "look" }, analysis, calls.look(analysis), face, (body) => {
      const version = versionOf(body);
      return version === undefined ? {} : { version };
    });
  }

  async #list(by: By, face: Face): Promise<Result> {
    return this.#do<"list">(by, { kind: "list" }, "", calls.list(20), face, (body) => ({
      items: (body as { items: { id: string; data_version: number }[] }).items.map((item) => ({
        analysis: item.id,
        version: item.data_version,
      })),
    }));
  }

  async #read(
    by: By,
    kind: "get" | "async" | "summary",
    analysis: string,
    how: Pick<Step, "includeMetadata" | "cacheTtl" | "face">,
  ): Promise<Result> {
    const call = kind === "summary" ? calls.summary(analysis) : getCall(analysis, how, kind === "async");
    return this.#do<"get">(by, { kind: kind as "get" }, analysis, call, how.face, shownBy);
  }

  /** Reads several analyses by one request: each is an operation of its own. */
  async #readTogether(by: By, step: Step): Promise<void> {
    const held = Array.from({ length: step.batch }, (_, i) => {
      return this.#slots[(step.slot + i) % this.#slots.length]?.held?.analysis;
    }).filter((one) => one !== undefined);
    const works = held.map((analysis) => ({ analysis, call: getCall(analysis, step, false) }));
    await this.#together<"get">(by, { kind: "get" }, works, shownBy);
  }

  /** Calls of one kind that have a small limit, many at a time. */
  async #count(signal: AbortSignal): Promise<void> {
    const { seed, urls } = this.#options;
    const random = randomOf(seed, 2_000);
    while (!signal.aborted) {
      const by = { client: "counting", user: COUNTED_USER, server: this.#running(random.below(urls.length)) };
      const works = Array.from({ length: random.between(1, 5) }, () => {
        const analysis = random.pick(this.#slots).held?.analysis ?? "none";
        return { analysis, call: calls.status(analysis) };
      });
      await this.#together<"status">(by, { kind: "status" }, works);
      await sleep(random.between(50, 250));
    }
  }

  async #do<K extends Kind>(
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

  async #together<K extends Kind>(
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

  #running(server: number): number {
    const { urls, isRunning } = this.#options;
    const next = (server + 1) % urls.length;
    return !isRunning(server) && isRunning(next) ? next : server;
  }

  #sender({ user, server }: By, requestId: string) {
    const { urls, tokenOf } = this.#options;
    return { url: urls[server] as string, token: tokenOf(user), requestId };
  }
}

interface By {
  client: string;
  user: string;
  server: number;
}

const ownerOf = (slot: number): string => `owner-${slot % 2}`;

function getCall(id: string, how: Pick<Step, "includeMetadata" | "cacheTtl">, isAsync: boolean): Call {
  return calls.get({ id, include_metadata: how.includeMetadata, cache_ttl: how.cacheTtl, async: isAsync });
}

/** What an answer shows; nothing where it is a task's state. */
function shownBy(body: unknown): Partial<OperationOf<"get">> {
  return (body as { data?: unknown }).data === undefined ? {} : { seen: readSeen(body) };
}

function versionOf(body: unknown): number | undefined {
  return (body as { data_version?: number } | undefined)?.data_version;
}

function endOf<K extends Kind>(
  { outcome, error, body }: Result,
  shown?: (body: unknown) => Partial<OperationOf<K>>,
): Partial<OperationOf<K>> {
  const seen = outcome === "ok" ? shown?.(body) : undefined;
  return { outcome, ...(error === undefined ? {} : { error }), ...seen } as Partial<OperationOf<K>>;
}
