import type { Face } from "./calls.js";
import { randomOf } from "./random.js";

export type StepKind =
  | "create"
  | "replace"
  | "delete"
  | "grant"
  | "revoke"
  | "get"
  | "async"
  | "summary"
  | "look"
  | "list"
  | "batch";

/** How a history is made. */
export interface Workload {
  clients: number;
  /** Analyses that there are at a time, and users besides their owners. */
  slots: number;
  readers: number;
  /** How often each kind is done. */
  weights: Partial<Record<StepKind, number>>;
  /** Between two steps of a client. */
  thinkMs: number;
  /** How often a comparison is read past all caches. */
  uncachedShare: number;
}

/** One step of one client. It names places, not what stands in them by then. */
export interface Step {
  kind: StepKind;
  slot: number;
  server: number;
  /** Asked next, by whoever sees whether the change took effect there. */
  otherServer: number;
  face: Face;
  /** Undefined: the owner. */
  reader: number | undefined;
  /** Whom a permission is given or taken. */
  subject: number;
  permission: "read" | "write";
  includeMetadata: boolean;
  cacheTtl: number;
  /** Reads what was in the slot before. */
  previous: boolean;
  /** Reads as soon as the change is acknowledged. */
  follows: boolean;
  batch: number;
  thinkMs: number;
}

/** The steps of a client, without end: they follow from the seed alone. */
export function* planOf(workload: Workload, servers: number, seed: number, client: number): Generator<Step> {
  const random = randomOf(seed, client);
  for (;;) {
    yield {
      kind: random.weighted(workload.weights),
      slot: random.below(workload.slots),
      server: random.below(servers),
      otherServer: random.below(servers),
      face: random.chance(0.5) ? "rest" : "trpc",
      reader: random.chance(0.3) ? undefined : random.below(workload.readers),
      subject: random.below(workload.readers),
      permission: random.chance(0.8) ? "read" : "write",
      includeMetadata: random.chance(0.7),
      cacheTtl: random.chance(workload.uncachedShare) ? 0 : 3600,
      previous: random.chance(0.05),
      follows: random.chance(0.5),
      batch: random.between(2, 4),
      thinkMs: random.below(workload.thinkMs + 1),
    };
  }
}
