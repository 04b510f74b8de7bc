import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import type { Clock, McpAnswer } from "./method/compare.js";
import { Refusal } from "./refusal.js";

/** How long a comparison computes before requests get their turn, ms. */
const SLICE_MS = 20;
const MAX_RUNNING = 16;
/** Results that wait to be fetched; those go first that were, then the oldest. */
const MAX_FINISHED = 64;
const MAX_FINISHED_CHARS = 128 * 1024 * 1024;
/** How long a result waits: until it was fetched, and after, in case the answer did not arrive. */
const UNFETCHED_MS = 600_000;
const FETCHED_MS = 60_000;
const BUSY_RETRY_S = 5;

interface Task {
  status: "PROCESSING" | "COMPLETED" | "FAILED";
  /** Percent. */
  progress: number;
  /** The answer of the synchronous form, encoded. */
  result?: string;
  /** Of a finished one. */
  goneAt: number;
  /** By which whoever started it may ask again. */
  key: string | undefined;
}

export interface ComparisonTasksOptions {
  clock: Clock;
  /** The body and status of a failure. */
  describeFailure(error: unknown): unknown;
}

/** Comparisons of the asynchronous form: they run in turns with requests, and their results wait to be fetched. */
export class ComparisonTasks {
  readonly #options: ComparisonTasksOptions;
  readonly #tasks = new Map<string, Task>();
  #running = 0;
  #closed = false;

  constructor(options: ComparisonTasksOptions) {
    this.#options = options;
  }

  /**
   * Starts a comparison, unless the same key started one that is still there.
   *
   * @param steps tell what share is done, 0 to 1
   * @throws Refusal 503 where too many run
   */
  start(steps: Generator<number, McpAnswer>, key?: string): string {
    if (key !== undefined) for (const [id, task] of this.#tasks) if (task.key === key) return id;
    if (this.#running >= MAX_RUNNING) {
      throw new Refusal(
        503,
        "SERVICE_UNAVAILABLE",
        "too many comparisons run at once",
        undefined,
        BUSY_RETRY_S,
      );
    }
    const id = randomUUID();
    const task: Task = { status: "PROCESSING", progress: 0, goneAt: Number.POSITIVE_INFINITY, key };
    this.#tasks.set(id, task);
    this.#running++;
    void this.#run(task, steps).finally(() => {
      this.#running--;
      task.goneAt = this.#options.clock.elapsed() + UNFETCHED_MS;
      this.#makeRoom();
    });
    return id;
  }

  /** What the status of a task is answered with, as JSON text. @throws Refusal 404 */
  status(id: string): string {
    this.#makeRoom();
    const task = this.#tasks.get(id);
    if (!task) throw new Refusal(404, "TASK_NOT_FOUND", "there is no such task");
    const { status, progress, result } = task;
    if (result === undefined) return JSON.stringify({ status, progress });
    task.goneAt = Math.min(task.goneAt, this.#options.clock.elapsed() + FETCHED_MS);
    return `{"status":"${status}","progress":${progress},"result":${result}}`;
  }

  /** Computes no further. */
  close(): void {
    this.#closed = true;
    this.#tasks.clear();
  }

  async #run(task: Task, steps: Generator<number, McpAnswer>): Promise<void> {
    const { clock, describeFailure } = this.#options;
    try {
      // The start is answered first.
      await turn();
      for (let since = clock.elapsed(); ; ) {
        const step = steps.next();
        if (step.done) {
          task.result = JSON.stringify(step.value);
          break;
        }
        task.progress = Math.max(task.progress, Math.min(99, Math.floor(step.value * 100)));
        if (clock.elapsed() - since < SLICE_MS) continue;
        await turn();
        if (this.#closed) return;
        since = clock.elapsed();
      }
      task.status = "COMPLETED";
      task.progress = 100;
    } catch (error) {
      task.result = JSON.stringify(describeFailure(error));
      task.status = "FAILED";
    }
  }

  #makeRoom(): void {
    const now = this.#options.clock.elapsed();
    for (const [id, { goneAt }] of this.#tasks) if (goneAt <= now) this.#tasks.delete(id);
    // One that was fetched is to go sooner than any that waits.
    const finished = [...this.#tasks]
      .filter(([, { result }]) => result !== undefined)
      .sort(([, a], [, b]) => a.goneAt - b.goneAt);
    let chars = finished.reduce((sum, [, { result }]) => sum + (result?.length ?? 0), 0);
    let count = finished.length;
    for (const [id, { result }] of finished) {
      // The newest stays, however large: somebody is about to fetch it.
      if (count === 1 || (count <= MAX_FINISHED && chars <= MAX_FINISHED_CHARS)) break;
      this.#tasks.delete(id);
      count--;
      chars -= result?.length ?? 0;
    }
  }
}
