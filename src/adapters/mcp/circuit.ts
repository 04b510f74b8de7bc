import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  type IBackoff,
  type IBreaker,
  type IHalfOpenAfterBackoffContext,
  SamplingBreaker,
} from "cockatiel";
import { AttemptFailure } from "./failure.js";
import type { AnalysisServiceLogger, CircuitOptions } from "./options.js";

const RATIO_WINDOW_MS = 10_000;

/** The circuit let nothing through. */
export class CircuitOpen extends Error {
  override readonly name = "CircuitOpen";
  /** @param waitMs until a probe may go, ms */
  constructor(readonly waitMs: number) {
    super("circuit open");
  }
}

/** A probe that was called off proves nothing: the circuit stays open, and the next call may probe at once. */
class ProbeCalledOff extends Error {
  constructor(readonly reason: unknown) {
    super("probe called off");
  }
}

export interface Circuit {
  /** Runs one attempt. @throws CircuitOpen where none may run, else what the attempt throws */
  run<T>(attempt: () => Promise<T>): Promise<T>;
  /** @throws CircuitOpen where no attempt may run now: before one is prepared at some cost */
  check(): void;
  state(): "closed" | "open" | "half-open";
  /** Ms until a probe may go; 0 where it is not open. */
  waitMs(): number;
}

/** Opens on a run of failures or on a share of them, whichever comes first. */
function eitherBreaker(consecutive: IBreaker, ratio: IBreaker): IBreaker {
  return {
    state: undefined,
    success(state) {
      consecutive.success(state);
      ratio.success(state);
    },
    failure(state) {
      const first = consecutive.failure(state);
      return ratio.failure(state) || first;
    },
  };
}

/** A breaker over all attempts of all calls. Only an AttemptFailure that `trips` counts as a failure. */
export function createCircuit(options: CircuitOptions, logger?: AnalysisServiceLogger): Circuit {
  const {
    consecutiveFailures = 10,
    failureRatio = 0.5,
    ratioMinimum = 20,
    waitMs = 5_000,
    maxWaitMs = 60_000,
  } = options;
  let openUntil = 0;
  const remaining = () => Math.max(0, openUntil - performance.now());
  /** @param next how long to wait where the circuit opens, ms */
  const backoff = (next: number): IBackoff<IHalfOpenAfterBackoffContext> => ({
    // cockatiel goes by a clock that people set: it is told whether to wait, not how long.
    get duration() {
      return remaining() > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    },
    next({ result }) {
      const calledOff = "error" in result && result.error instanceof ProbeCalledOff;
      const delay = calledOff ? 0 : Math.min(next, maxWaitMs);
      openUntil = performance.now() + delay;
      return backoff(calledOff ? next : Math.min(delay * 2, maxWaitMs));
    },
  });
  const breaker = circuitBreaker(
    handleWhen(
      (error) => error instanceof ProbeCalledOff || (error instanceof AttemptFailure && error.trips),
    ),
    {
      halfOpenAfter: backoff(waitMs),
      breaker: eitherBreaker(
        new ConsecutiveBreaker(consecutiveFailures),
        new SamplingBreaker({
          threshold: failureRatio,
          duration: RATIO_WINDOW_MS,
          minimumRps: (ratioMinimum * 1000) / RATIO_WINDOW_MS,
        }),
      ),
    },
  );
  breaker.onBreak(() => logger?.warn({ wait_ms: remaining() }, "mcp circuit opened"));
  breaker.onReset(() => logger?.info({}, "mcp circuit closed"));

  const check = () => {
    // cockatiel would hold these calls until the probe ends: they are told at once instead.
    if (breaker.state === CircuitState.HalfOpen) throw new CircuitOpen(waitMs);
    if (breaker.state === CircuitState.Open && remaining() > 0) throw new CircuitOpen(remaining());
  };

  return {
    check,
    run: async (attempt) => {
      check();
      const probing = breaker.state === CircuitState.Open;
      try {
        return await breaker.execute(async () => {
          try {
            return await attempt();
          } catch (error) {
            if (probing && !(error instanceof AttemptFailure)) throw new ProbeCalledOff(error);
            throw error;
          }
        });
      } catch (error) {
        if (error instanceof BrokenCircuitError) throw new CircuitOpen(remaining());
        if (error instanceof ProbeCalledOff) throw error.reason;
        throw error;
      }
    },
    state: () => {
      if (breaker.state === CircuitState.Closed) return "closed";
      if (breaker.state === CircuitState.HalfOpen) return "half-open";
      return remaining() > 0 ? "open" : "half-open";
    },
    waitMs: () => (breaker.state === CircuitState.Open ? remaining() : 0),
  };
}
