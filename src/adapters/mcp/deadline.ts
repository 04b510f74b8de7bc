/** The reason of a signal that a deadline aborted. */
export class DeadlineReached extends Error {
  override readonly name = "DeadlineReached";
  constructor() {
    super("deadline reached");
  }
}

/** The reason of a signal that was aborted because the adapter was closed. */
export class ServiceClosed extends Error {
  override readonly name = "ServiceClosed";
  constructor() {
    super("the adapter was closed");
  }
}

export interface Deadline {
  /** Aborts at the deadline (reason DeadlineReached) or when one of the parents does (their reason). */
  signal: AbortSignal;
  /** Ms left, 0 once it has passed. */
  remaining(): number;
  abort(reason: unknown): void;
  /** Stops the timer and lets go of the parents. */
  clear(): void;
}

/**
 * Starts a deadline of `ms` below any number of signals.
 * By hand and not with `AbortSignal.any`: that one keeps dependants of a long-lived signal alive on Node 20.
 */
export function startDeadline(ms: number, parents: readonly (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + ms;
  const links = parents.flatMap((parent) => {
    if (!parent) return [];
    const abort = () => controller.abort(parent.reason);
    if (parent.aborted) abort();
    else parent.addEventListener("abort", abort, { once: true });
    return [() => parent.removeEventListener("abort", abort)];
  });
  const timer = setTimeout(() => controller.abort(new DeadlineReached()), Math.min(ms, 2 ** 31 - 1));
  return {
    signal: controller.signal,
    remaining: () => Math.max(0, endsAt - performance.now()),
    abort: (reason) => controller.abort(reason),
    clear: () => {
      clearTimeout(timer);
      for (const unlink of links) unlink();
    },
  };
}

/** Gives what `work` gives, or rejects with the signal's reason as soon as it aborts; `work` may go on unheard. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let unlink = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    unlink = () => signal.removeEventListener("abort", abort);
  });
  work.catch(() => {});
  try {
    return await Promise.race([aborted, work]);
  } finally {
    unlink();
  }
}
