import { randomUUID } from "node:crypto";
import { mcpTaskCreated, mcpTaskStatus } from "../../contract/mcp-protocol.js";
import { CircuitOpen } from "./circuit.js";
import type { Deadline } from "./deadline.js";
import { AttemptFailure, timeoutFailure } from "./failure.js";
import { INLINE_CHECK_BYTES } from "./options.js";
import { parseJson } from "./parse-json.js";
import { decodeText } from "./read-body.js";
import type { RequestBody } from "./request-body.js";
import type { Answer, CallIds, Transport } from "./transport.js";

const FIRST_PAUSE_MS = 25;
const LAST_PAUSE_MS = 500;
/** How long a comparison is believed to go on of which the service cannot be asked: to begin it anew costs it twice. */
const AWAY_MS = 60_000;
/** How long a service that has no asynchronous form is not asked for it again. */
const NOT_OFFERED_MS = 600_000;
const NOT_OFFERED = new Set([404, 405, 501]);

export interface AsyncFormOptions {
  transport: Transport;
  /** Runs attempts under the circuit and the retry rules. */
  attempt(work: () => Promise<Answer>): (deadline: Deadline, requestId: string) => Promise<Answer>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** How often a comparison is begun anew that the service has lost. */
  restarts: number;
  /** How long a service may report no progress at all, ms. */
  stallMs: number;
  /** Milliseconds since any fixed instant, never going back. */
  elapsed?: (() => number) | undefined;
}

export interface AsyncCall extends CallIds {
  body: RequestBody;
  deadline: Deadline;
  /** Hears what share is done, 0 to 1; never less than before. */
  onProgress(share: number): void;
}

/** Statuses that tell of the moment. 500 may well be all that a service has to say of a task that it lost. */
const AWAY = new Set([408, 425, 429, 502, 503, 504]);
/** Whether nothing is known of a comparison but that it could not be asked about now. */
function isAway(error: unknown): boolean {
  if (error instanceof CircuitOpen) return true;
  return (
    error instanceof AttemptFailure &&
    (["unreachable", "timeout"].includes(error.kind) || isStatus(error, AWAY))
  );
}

const isStatus = (error: unknown, statuses: ReadonlySet<number>) =>
  error instanceof AttemptFailure && statuses.has(error.about.status ?? 0);

/** The asynchronous form of the protocol: a comparison is started, and its status asked for until it is there. */
export function createAsyncForm(options: AsyncFormOptions) {
  const { transport, attempt, sleep, restarts, stallMs } = options;
  const elapsed = options.elapsed ?? (() => performance.now());
  let askAgainAt = Number.NEGATIVE_INFINITY;

  const start = async (call: AsyncCall): Promise<Answer | string | undefined> => {
    const { body, requestId, traceparent, deadline } = call;
    const ids = { requestId, traceparent, idempotencyKey: randomUUID() };
    let answer: Answer;
    try {
      const send = attempt(() => transport.start(body, ids, deadline.signal));
      answer = await send(deadline, requestId);
    } catch (error) {
      if (!isStatus(error, NOT_OFFERED)) throw error;
      askAgainAt = elapsed() + NOT_OFFERED_MS;
      return undefined;
    }
    if (!answer.ok) return answer;
    const created = mcpTaskCreated.safeParse(readJson(answer));
    if (!created.success) throw unreadable("the start of a comparison was answered without a task");
    return created.data.task_id;
  };

  /** @returns the answer that tells how it ended; undefined where the service does not know the task any more */
  const untilEnded = async (
    taskId: string,
    call: AsyncCall,
    told: { share: number },
  ): Promise<Answer | undefined> => {
    const { requestId, deadline, onProgress } = call;
    // Of this task: one that was begun anew has a long way to where another was lost.
    let reached = 0;
    let movedAt = elapsed();
    let heardAt = movedAt;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LAST_PAUSE_MS)) {
      await sleep(pause, deadline.signal);
      let answer: Answer;
      try {
        const ask = attempt(() => transport.status(taskId, call, deadline.signal));
        answer = await ask(deadline, requestId);
      } catch (error) {
        if (isStatus(error, new Set([404, 410]))) return undefined;
        if (isAway(error) && elapsed() - heardAt < AWAY_MS) continue;
        throw error;
      }
      heardAt = elapsed();
      // Only an answer with its result in it is large: it is looked at where large answers are.
      if (!answer.ok || answer.bytes.length > INLINE_CHECK_BYTES) return answer;
      const { status, progress } = readStatus(answer);
      if (status === "COMPLETED" || status === "FAILED") return answer;
      const share = (progress ?? 0) / 100;
      if (share > told.share) {
        told.share = share;
        onProgress(share);
      }
      if (share > reached) {
        reached = share;
        movedAt = elapsed();
      } else if (elapsed() - movedAt > stallMs) throw timeoutFailure();
    }
  };

  return {
    /** @returns undefined where the service does not offer this form */
    async compare(call: AsyncCall): Promise<Answer | undefined> {
      if (elapsed() < askAgainAt) return undefined;
      const told = { share: 0 };
      for (let begun = 0; begun <= restarts; begun++) {
        const started = await start(call);
        if (typeof started !== "string") return started;
        call.onProgress(told.share);
        const ended = await untilEnded(started, call, told);
        if (ended) return ended;
      }
      throw new AttemptFailure("unreachable", "the service lost the comparison again and again", true, false);
    },
  };
}

function readJson(answer: Answer & { ok: true }): unknown {
  try {
    return parseJson(decodeText(answer.bytes));
  } catch {
    throw unreadable("an answer is not JSON");
  }
}

function readStatus(answer: Answer & { ok: true }): { status: string; progress?: number | undefined } {
  const state = readJson(answer);
  // Progress is worth showing, and not worth failing for.
  const parsed = mcpTaskStatus.omit({ progress: true }).safeParse(state);
  if (!parsed.success) throw unreadable("the status of a comparison cannot be read");
  const progress = mcpTaskStatus.shape.progress.safeParse((state as { progress?: unknown }).progress);
  return { status: parsed.data.status, progress: progress.data };
}

function unreadable(message: string): AttemptFailure {
  return new AttemptFailure("unreadable", message, false, false);
}
