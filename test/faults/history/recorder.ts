import type { Fault, Kind, Limit, Operation, OperationOf } from "./operations.js";

/** What an operation is called with: what it ends with is added later. */
export type Invocation<K extends Kind> = Omit<OperationOf<K>, "id" | "invokedAt" | "endedAt" | "outcome">;

/** Writes down every operation when it begins, so that what never ends is in the history as well. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly faults: Fault[] = [];

  constructor(
    readonly limit: Limit,
    readonly leaseMs: number,
  ) {}

  begin<K extends Kind>(invocation: Invocation<K>): OperationOf<K> {
    const operation = {
      ...invocation,
      id: this.operations.length + 1,
      invokedAt: performance.now(),
      endedAt: Number.POSITIVE_INFINITY,
      outcome: "unknown",
    } as unknown as OperationOf<K>;
    this.operations.push(operation as Operation);
    return operation;
  }

  end<K extends Kind>(operation: OperationOf<K>, ended: Partial<OperationOf<K>>): void {
    Object.assign(operation, ended, { endedAt: performance.now() });
  }

  /** Notes a fault for as long as the work takes. */
  async during(kind: string, target: string, work: () => Promise<void>): Promise<void> {
    const fault = { kind, target, startedAt: performance.now(), endedAt: Number.POSITIVE_INFINITY };
    this.faults.push(fault);
    try {
      await work();
    } finally {
      fault.endedAt = performance.now();
    }
  }
}
