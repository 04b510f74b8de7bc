import type { VerbContext } from "../context.js";
import { DataMovedError } from "../errors.js";
import type { AuthorizedAnalysis } from "../permission/authorize.js";
import type { CacheType } from "../ports.js";
import { startTask } from "../task/start-task.js";
import type { TaskRow } from "../task/task-state.js";
import { untilAtRest } from "../until-at-rest.js";
import type { HeldAnswer } from "./answer-cache.js";
import { computeComparison } from "./compute-comparison.js";
import type { ComputedComparison } from "./computed-comparison.js";
import type { EncodedAnswer } from "./encoded-answer.js";
import { openSharedAnswer, putSharedAnswer } from "./shared-answers.js";
import type { ComparisonKey } from "./stored-comparison.js";

/** What a lookup ended with; `computed` where the comparison was computed for it. */
export interface FoundAnswer {
  held: HeldAnswer;
  computed?: boolean;
}

/** What a lookup ends with that does not wait: the answer, or the task that it will come from. */
export type FoundOrStarted = FoundAnswer | { task: TaskRow };

/** How one kind of answer is found. */
export interface AnswerPlan {
  type: CacheType;
  /** 0: neither read from the caches nor written there. */
  ttlSeconds: number;
  /** The answer from the database, marked as cached. */
  load(key: ComparisonKey): Promise<EncodedAnswer | undefined>;
  /** Of a comparison that was just computed, marked as cached too. Absent for what is never computed. */
  encode?(comparison: ComputedComparison): Promise<EncodedAnswer>;
}

function comparisonName({ analysisId, revision, algorithmVersion }: ComparisonKey): string {
  return `${analysisId}/${revision}/${algorithmVersion}`;
}

/**
 * Finds an answer where it is nearest: this process, the shared store, the database; else computes it.
 *
 * @throws PegError of the analysis service or the database; CONFLICT where the data does not come to rest
 */
export async function findAnswer(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  plan: AnswerPlan,
): Promise<FoundAnswer> {
  return findCachedOr(ctx, analysis, plan, (key) => loadOrCompute(ctx, key, plan));
}

/** The same, but what has to be computed is left to a task, which is started or joined. */
export async function findAnswerOrStart(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  plan: AnswerPlan,
): Promise<FoundOrStarted> {
  return findCachedOr<FoundOrStarted>(ctx, analysis, plan, async (key) => {
    const { value } = await ctx.services.starts.run(nameOf(plan, key), async () => {
      const loaded = await load(ctx, key, plan);
      countLookup(ctx, loaded);
      const task = loaded
        ? undefined
        : await ctx.services.tracing.span("database start task", {}, () =>
            startTask(ctx.services, key, ctx.requestId),
          );
      if (task) return { task };
      const answer = loaded ?? (await load(ctx, key, plan));
      if (!answer) throw new DataMovedError("the comparison went as soon as it came");
      return { held: await keep(ctx, key, plan, answer) };
    });
    return value;
  });
}

/** Finds an answer in this process or in the shared store, else where `find` does. */
export async function findCachedOr<T>(
  ctx: VerbContext,
  analysis: AuthorizedAnalysis,
  plan: AnswerPlan,
  find: (key: ComparisonKey) => Promise<T>,
): Promise<T | { held: HeldAnswer }> {
  return untilAtRest<T | { held: HeldAnswer }>(ctx, analysis, async ({ id, revision }) => {
    const key = { analysisId: id, revision, algorithmVersion: ctx.services.algorithmVersion };
    const cached = plan.ttlSeconds > 0 ? await findCached(ctx, key, plan) : undefined;
    return cached ? { held: cached } : await find(key);
  });
}

async function findCached(
  ctx: VerbContext,
  key: ComparisonKey,
  plan: AnswerPlan,
): Promise<HeldAnswer | undefined> {
  const { services, visit } = ctx;
  const { type } = plan;
  const { analysisId, revision, algorithmVersion } = key;
  const held = services.answers.get(type, analysisId, revision, algorithmVersion);
  if (held || !visit.entry) return held;
  const entry = { services, type, analysisId, sealed: visit.entry };
  const opened = await openSharedAnswer(entry, revision, algorithmVersion);
  // What is older than whoever filled it wanted is not taken from elsewhere either.
  if (!opened || services.clock.now() - opened.filledAt >= opened.ttlMs) return undefined;
  services.answers.put(type, analysisId, opened);
  services.metrics.cacheHit("redis");
  return opened;
}

/** With the time to live: whoever joins gets what is kept as they asked for it to be. */
function nameOf({ type, ttlSeconds }: AnswerPlan, key: ComparisonKey): string {
  return `${type}/${ttlSeconds}/${comparisonName(key)}`;
}

/** Loads an answer from the database, or computes it: once for all who ask in this process meanwhile. */
export async function loadOrCompute(
  ctx: VerbContext,
  key: ComparisonKey,
  plan: AnswerPlan,
): Promise<FoundAnswer> {
  const { services, requestId } = ctx;
  const lookup = await services.lookups.run(nameOf(plan, key), async () => {
    const loaded = await load(ctx, key, plan);
    countLookup(ctx, loaded);
    if (loaded) return { held: await keep(ctx, key, plan, loaded) };
    const { encode } = plan;
    if (!encode) throw new DataMovedError("the analysis was deleted meanwhile");
    // What is encoded while it is stored need not be waited for afterwards.
    let early: { of: ComputedComparison; answer: Promise<EncodedAnswer> } | undefined;
    const onComputed = (comparison: ComputedComparison) => {
      early = { of: comparison, answer: Promise.resolve(comparison).then(encode) };
      // Where it could not be stored nobody asks for it.
      early.answer.catch(() => undefined);
    };
    const { value, leader } = await services.computations.run(comparisonName(key), () =>
      computeComparison(services, key, { requestId, onComputed }),
    );
    const answer = early?.of === value.comparison ? early.answer : encode(value.comparison);
    const held = await keep(ctx, key, plan, await answer);
    return { held, computed: leader && value.computedHere };
  });
  return lookup.leader ? lookup.value : { held: lookup.value.held };
}

function load(ctx: VerbContext, key: ComparisonKey, plan: AnswerPlan): Promise<EncodedAnswer | undefined> {
  return ctx.services.tracing.span("database comparison", {}, () => plan.load(key));
}

/** Of what neither cache held. */
function countLookup({ services: { metrics } }: VerbContext, loaded: EncodedAnswer | undefined): void {
  if (loaded) metrics.cacheHit("database");
  else metrics.cacheMiss();
}

async function keep(
  ctx: VerbContext,
  key: ComparisonKey,
  plan: AnswerPlan,
  whole: EncodedAnswer,
): Promise<HeldAnswer> {
  const { services, visit } = ctx;
  const { revision, algorithmVersion, analysisId } = key;
  const held = {
    revision,
    algorithmVersion,
    whole,
    filledAt: services.clock.now(),
    ttlMs: plan.ttlSeconds * 1000,
  };
  if (plan.ttlSeconds > 0) {
    services.answers.put(plan.type, analysisId, held);
    if (visit.generation !== null) {
      await putSharedAnswer({ services, type: plan.type, analysisId }, held, visit.generation);
    }
  }
  return held;
}
