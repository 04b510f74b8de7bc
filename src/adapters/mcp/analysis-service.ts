import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { bulkhead } from "cockatiel";
import type { ComputedComparison } from "../../domain/comparison/computed-comparison.js";
import type { AnalysisService, ComparisonRequest } from "../../domain/ports.js";
import { type AsyncCall, createAsyncForm } from "./async-form.js";
import { createCircuit } from "./circuit.js";
import { createCodecPool } from "./codec-pool.js";
import { type Deadline, ServiceClosed, startDeadline, untilAborted } from "./deadline.js";
import { type AnalysisServiceOptions, DEFAULT_MAX_ANSWER_BYTES, deriveTotalTimeout } from "./options.js";
import { readRefusalText } from "./read-refusal.js";
import { createRetryBudget } from "./retry-budget.js";
import { createRetrying } from "./retrying.js";
import { toPegError, verdictError } from "./to-peg-error.js";
import { type Answer, createTransport } from "./transport.js";

export type { AnalysisServiceLogger, AnalysisServiceOptions } from "./options.js";

/** Waits; rejects with the signal's reason as soon as it aborts. */
async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * The analysis service over HTTP: a keep-alive pool, one retry loop with a deadline per attempt and per call,
 * a circuit breaker, a bulkhead, and a check of every answer against the contract.
 * Comparing changes nothing at the service, so its POST is safe to repeat.
 *
 * @throws TypeError for an address or a token that cannot be sent
 */
export function createAnalysisService(options: AnalysisServiceOptions): AnalysisService {
  const { timeoutMs = 30_000, retries = 3, retryBaseMs = 1_000, maxConnections = 100 } = options;
  const { asyncTimeoutMs = 1_800_000, stallMs = 300_000, sleep = abortableSleep } = options;
  const totalTimeoutMs = options.totalTimeoutMs ?? deriveTotalTimeout(timeoutMs, retries, retryBaseMs);
  const transport = createTransport({
    url: options.url,
    token: options.token,
    timeoutMs,
    maxConnections,
    maxAnswerBytes: options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES,
    now: options.now ?? Date.now,
  });
  const codec = createCodecPool(options.codecThread);
  const circuit = createCircuit(options.circuit ?? {}, options.logger);
  const maxConcurrent = options.maxConcurrent ?? maxConnections;
  const slots = bulkhead(maxConcurrent, options.maxQueued ?? maxConcurrent);
  const retrying = createRetrying({
    retries,
    retryBaseMs,
    budget: createRetryBudget(options.retryBudget ?? {}, () => performance.now()),
    random: options.random ?? Math.random,
    sleep,
    logger: options.logger,
  });
  const closing = new AbortController();
  // Every call listens to it.
  setMaxListeners(0, closing.signal);

  const attempt =
    (work: () => Promise<Answer>) =>
    (deadline: Deadline, requestId: string): Promise<Answer> =>
      retrying(() => circuit.run(work), deadline, requestId);
  const asyncForm = createAsyncForm({ transport, attempt, sleep, restarts: retries, stallMs });
  /** The synchronous form. */
  const sendAndWait = async (call: Omit<AsyncCall, "onProgress">) => {
    const { body, requestId, deadline: outer } = call;
    const deadline = startDeadline(totalTimeoutMs, [outer.signal]);
    try {
      const send = attempt(() => transport.send(body, call, deadline.signal));
      return await untilAborted(send(deadline, requestId), deadline.signal);
    } finally {
      deadline.clear();
    }
  };

  const askAndCheck = async (
    request: ComparisonRequest,
    deadline: Deadline,
    onAsked: () => void,
  ): Promise<ComputedComparison> => {
    deadline.signal.throwIfAborted();
    circuit.check();
    const { analysisId, data, algorithmVersion } = request;
    const body = await codec.encode({ analysisId, data, algorithmVersion }, deadline.signal);
    // It may have opened meanwhile.
    circuit.check();
    onAsked();
    const sentAt = performance.now();
    const { requestId, traceparent, onProgress } = request;
    const call = { body, requestId, traceparent, deadline };
    const answer =
      (onProgress && (await asyncForm.compare({ ...call, onProgress }))) ?? (await sendAndWait(call));
    const measured = (performance.now() - sentAt) / 1000;
    if (!answer.ok) {
      const refusal = readRefusalText(answer.text);
      if (refusal?.kind === "refused") throw verdictError(refusal, request.data.cells, answer.failure);
      throw answer.failure;
    }
    const verdict = await codec.check(answer.bytes, analysisId);
    if (verdict.kind !== "valid") throw verdictError(verdict, request.data.cells);
    return { ...verdict.comparison, processingTime: verdict.comparison.processingTime ?? measured };
  };

  return {
    compare: async (request, signal) => {
      signal?.throwIfAborted();
      const allowedMs = request.onProgress ? asyncTimeoutMs : totalTimeoutMs;
      const deadline = startDeadline(allowedMs, [signal, closing.signal]);
      let asked = false;
      const onAsked = () => {
        asked = true;
      };
      try {
        // No signal for the bulkhead: it forgets to wake the next in line when one left its queue.
        const work = slots.execute(() => askAndCheck(request, deadline, onAsked));
        return await untilAborted(work, deadline.signal);
      } catch (error) {
        throw toPegError(error, asked, circuit.waitMs());
      } finally {
        deadline.clear();
      }
    },
    check: () => {
      try {
        circuit.check();
      } catch (error) {
        throw toPegError(error, false, circuit.waitMs());
      }
    },
    state: () => circuit.state(),
    close: async () => {
      closing.abort(new ServiceClosed());
      await Promise.all([transport.close(), codec.close()]);
    },
  };
}
