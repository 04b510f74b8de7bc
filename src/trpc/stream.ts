import { type TrackedEnvelope, tracked } from "@trpc/server";
import type { z } from "zod";
import type { VerbContext } from "../domain/context.js";
import type { CallRecord } from "./context.js";
import { toPegError, toTrpcError } from "./errors.js";
import { logError } from "./middleware/watch-calls.js";

/** Declares the events of a stream: each is checked on its way out. */
export function streamOf<TSchema extends z.ZodType>(schema: TSchema) {
  const parser = {
    parse: (events: AsyncIterable<StreamEvent<unknown>>) => checkEvents(events, schema),
  };
  return parser as unknown as z.ZodType<
    AsyncIterable<TrackedEnvelope<z.output<TSchema>>>,
    AsyncIterable<StreamEvent<z.input<TSchema>>>
  >;
}

/** What a reader has seen is told by the ids of its events. */
export interface StreamEvent<T> {
  id: string;
  state: T;
}

async function* checkEvents<TSchema extends z.ZodType>(
  events: AsyncIterable<StreamEvent<unknown>>,
  schema: TSchema,
): AsyncGenerator<TrackedEnvelope<z.output<TSchema>>> {
  for await (const { id, state } of events) yield tracked(id, schema.parse(state));
}

/** Maps what ends a stream early, which no middleware sees: by then the procedure has answered. */
export async function* mapStreamErrors<T>(
  ctx: Pick<VerbContext, "services" | "requestId"> & { call: CallRecord },
  procedure: string,
  events: AsyncIterable<T>,
): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    logError(ctx, ctx.call, { procedure }, toPegError(error), "a stream ended early");
    throw toTrpcError(error);
  }
}
