import { randomUUID } from "node:crypto";
import type { PegComparisonStatusOutput, PegComparisonWatchInput } from "../../contract/comparison.js";
import { fill, type Message } from "../../contract/words.js";
import type { VerbContext } from "../context.js";
import { PegError, serverStops } from "../errors.js";
import { checkStanding, readStanding } from "../permission/authorize.js";
import type { AnalysisStanding } from "../permission/standing-cache.js";
import type { StreamPlace } from "../ports.js";
import { describeTask, isFinished, readTask, type TaskRow, taskNotFound } from "./task-state.js";

const MAX_STREAMS = 5;
/** Of all users together, in one process. */
const MAX_STREAMS_HERE = 1_000;
/** A place is kept this often, and is free again after three times that. */
const KEEP_PLACE_MS = 10_000;
/** How often a watcher looks whether it still may: at the clock, and at Postgres where it may have missed something. */
const LOOK_MS = 2_000;

/** A state of the task, with an id that tells which states a reader has seen. */
export interface TaskEvent {
  id: string;
  state: PegComparisonStatusOutput;
}

/** What the id of an event says: the task, the version of its state, and the stream that told it. */
interface Seen {
  taskId: string;
  version: number;
  streamId: string | undefined;
}

const EVENT_ID = /^([0-9a-f-]{36}):(\d{1,9})(?::([0-9a-f-]{36}))?$/;

/** A caller may send anything back. */
function readEventId(text: string | null | undefined): Seen | undefined {
  const [, taskId = "", version = "", streamId] = EVENT_ID.exec(text ?? "") ?? [];
  return taskId ? { taskId, version: Number(version), streamId } : undefined;
}

/**
 * Follows a task to its end: its present state first, then each later one that the reader is ready to take, the
 * terminal one last. A reader that comes back with the id of its last event gets only what is newer, in the place of
 * the stream that it lost.
 *
 * @param signal aborts when the reader is gone
 * @throws PegError TASK_NOT_FOUND; API_RATE_LIMIT_EXCEEDED beyond five streams of a user; while it goes on,
 * API_AUTHENTICATION_ERROR when the token expires, PERMISSION_DENIED when the permission ends, SERVICE_UNAVAILABLE
 * when the server stops, CONFLICT when its reader goes on over another connection
 */
export async function* watchComparison({
  ctx,
  input,
  signal,
}: {
  ctx: VerbContext;
  input: PegComparisonWatchInput;
  signal: AbortSignal | undefined;
}): AsyncGenerator<TaskEvent> {
  const { services, actor } = ctx;
  const { id: analysisId } = input;
  const last = readEventId(input.lastEventId);
  const task = await findTask(ctx, input, last?.taskId);
  // Of a connection that was lost the server may not hear for minutes: its place is taken over.
  const place = { userId: actor.userId, streamId: last?.streamId ?? randomUUID() };
  const name = `${place.userId}/${place.streamId}`;
  const alarm = services.signals.alarm(`task/${task.id}`, `analysis/${analysisId}`);
  let seen = last?.taskId === task.id ? Math.min(last.version, task.version) : 0;
  let standing: AnalysisStanding = { grants: [], analysis: undefined };
  let keptAt = Number.NEGATIVE_INFINITY;
  let changed = true;
  let isReplaced = false;
  services.streams.open++;
  const replaceOther = services.streams.replace.get(name);
  replaceOther?.();
  // The one that it replaces is still counted: it leaves as soon as it hears of it.
  const isOneTooMany = services.streams.open - (replaceOther ? 1 : 0) > MAX_STREAMS_HERE;
  services.streams.replace.set(name, () => {
    isReplaced = true;
    alarm.ring();
  });
  try {
    if (isOneTooMany) throw tooManyStreams("This server holds as many streams as it can.");
    for (;;) {
      if (services.stopping.aborted) throw serverStops();
      if (isReplaced) throw new PegError("CONFLICT", "This stream goes on over another connection.");
      if (signal?.aborted) return;
      if (performance.now() - keptAt >= KEEP_PLACE_MS) {
        // One that it replaces in another process gives the place of both back when it ends, and another may have it.
        await takePlace(ctx, place, Number.isFinite(keptAt) ? 2 * MAX_STREAMS : MAX_STREAMS);
        keptAt = performance.now();
        changed = true;
      }
      changed ||= !services.changes.hearing();
      // The permission last: one that ended before the state was written has ended in what is read after it.
      const state = changed ? await readTask(services.db, analysisId, task.id) : undefined;
      if (changed) standing = await readStanding(services.db, actor.userId, analysisId);
      checkToken(ctx);
      checkStanding(ctx, standing, "read");
      if (changed) {
        if (!state) throw taskNotFound();
        if (state.version > seen) {
          seen = state.version;
          yield {
            id: `${state.id}:${state.version}:${place.streamId}`,
            state: describeTask(state, ctx.language, ctx.services.clock.now()),
          };
        }
        if (isFinished(state)) return;
      }
      changed = (await alarm.wait(LOOK_MS, signal, services.stopping)) === "rung";
    }
  } finally {
    services.streams.open--;
    alarm.close();
    if (!isReplaced) {
      services.streams.replace.delete(name);
      await services.shared.dropStream(place);
    }
  }
}

async function findTask(
  { services }: VerbContext,
  { id, task_id: named }: PegComparisonWatchInput,
  lastSeen: string | undefined,
): Promise<TaskRow> {
  const resumed = named ?? lastSeen;
  const task = await readTask(services.db, id, resumed);
  // What a caller claims to have seen last may be anything, and may be gone; what it names has to be there.
  const found = task ?? (named === undefined ? await readTask(services.db, id, undefined) : undefined);
  if (!found) throw taskNotFound();
  return found;
}

/** Takes or keeps a place. @param max no more than so many others. @throws PegError API_RATE_LIMIT_EXCEEDED */
async function takePlace({ services }: VerbContext, place: StreamPlace, max: number): Promise<void> {
  const held = await services.shared.holdStream({ ...place, max, ttlMs: 3 * KEEP_PLACE_MS });
  if (held) return;
  throw tooManyStreams(
    fill("{max} streams are open already. Close one of them, or ask for the status instead.", {
      max: MAX_STREAMS,
    }),
  );
}

function tooManyStreams(words: Message): PegError {
  return new PegError("API_RATE_LIMIT_EXCEEDED", words, {
    retryAfter: KEEP_PLACE_MS / 1000,
    details: [{ path: "streams", message: "is the limit that is used up" }],
  });
}

function checkToken({ services, actor }: VerbContext): void {
  if (services.clock.now() < actor.tokenExpiresAt.getTime()) return;
  throw new PegError("API_AUTHENTICATION_ERROR", "The token has expired. Connect again with a new one.", {
    details: [{ path: "token", message: "has expired" }],
  });
}
