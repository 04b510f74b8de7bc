import { setTimeout as sleep } from "node:timers/promises";
import { Asking, type AskingOptions, type By, getCall, shownBy, versionOf } from "./asking.js";
import { calls, type Result } from "./calls.js";
import { markedData } from "./marked-data.js";
import { planOf, type Step, type Workload } from "./plan.js";
import { randomOf } from "./random.js";

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

export interface ClientsOptions extends AskingOptions {
  seed: number;
  workload: Workload;
  /** Whether a process runs: else its callers go to the next, as a proxy would send them. */
  isRunning(server: number): boolean;
}

const COUNTED_USER = "counted";
/** Where no process runs. */
const WAIT_MS = 50;

/** Clients that do what their plans say, each one thing after the other, and record it. */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #asking: Asking;
  readonly #slots: Slot[];
  #marks = 0;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#asking = new Asking(options);
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
    const look = await this.#asking.look(by, analysis);
    const got = await this.#asking.read(by, "get", analysis, {
      includeMetadata: true,
      cacheTtl: 3600,
      face: "rest",
    });
    return [look, got];
  }

  close(): Promise<void> {
    return this.#asking.close();
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
    if (kind === "list") return void (await this.#asking.list(by, step.face));
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
        return void (await this.#asking.look(by, held.analysis, step.face));
      case "batch":
        return this.#readTogether(by, step);
      default: {
        const read = (step.previous && slot.previous) || held;
        await this.#asking.read(by, kind, read.analysis, step);
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
    const { outcome } = await this.#asking.one<"create">(by, work, held.analysis, call, step.face);
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
    const { outcome } = await this.#asking.one<"replace">(by, work, held.analysis, call, step.face);
    if (outcome === "ok") held.version = Math.max(held.version, version);
    else {
      const { body } = await this.#asking.look(by, held.analysis);
      held.version = Math.max(held.version, versionOf(body) ?? 0);
    }
    if (step.follows)
      await this.#asking.read({ ...by, server: step.otherServer }, "get", held.analysis, step);
  }

  async #delete(by: By, step: Step, slot: Slot, held: Held): Promise<void> {
    // Of two who delete the same, one fails and may hear of it first: what the other did not hear of yet is done.
    if (held.creates || held.deleting) return;
    held.deleting = true;
    const call = calls.delete(held.analysis);
    const { outcome } = await this.#asking.one<"delete">(
      by,
      { kind: "delete" },
      held.analysis,
      call,
      step.face,
    );
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
    await this.#asking.one<"grant">(
      by,
      { kind: kind as "grant", subject, permission },
      analysis,
      call,
      step.face,
    );
    if (step.follows)
      await this.#asking.read({ ...by, user: subject, server: step.otherServer }, "get", analysis, step);
  }

  /** Reads several analyses by one request: each is an operation of its own. */
  async #readTogether(by: By, step: Step): Promise<void> {
    const held = Array.from({ length: step.batch }, (_, i) => {
      return this.#slots[(step.slot + i) % this.#slots.length]?.held?.analysis;
    }).filter((one) => one !== undefined);
    const works = held.map((analysis) => ({ analysis, call: getCall(analysis, step, false) }));
    await this.#asking.together<"get">(by, { kind: "get" }, works, shownBy);
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
      await this.#asking.together<"status">(by, { kind: "status" }, works);
      await sleep(random.between(50, 250));
    }
  }

  #running(server: number): number {
    const { urls, isRunning } = this.#options;
    const next = (server + 1) % urls.length;
    return !isRunning(server) && isRunning(next) ? next : server;
  }
}

const ownerOf = (slot: number): string => `owner-${slot % 2}`;
