import superjson from "superjson";
import { afterEach, expect, test, vi } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import type { ErrorBody } from "../../src/contract/errors.js";

afterEach(() => {
  vi.useRealTimers();
});

const TASK = "00000000-0000-4000-8000-000000000000";

/** An event as tRPC writes it. */
function eventOf(data: unknown, { event, id }: { event?: string; id?: string } = {}): string {
  const lines = [event && `event: ${event}`, `data: ${JSON.stringify(data)}`, id && `id: ${id}`];
  return `${lines.filter(Boolean).join("\n")}\n\n`;
}

const BEGIN = eventOf({}, { event: "connected" });
const END = eventOf("", { event: "return" });
const stateOf = (progress: number, id: string) =>
  eventOf(superjson.serialize({ task_id: TASK, progress }), { id });

/** What a server says that counts the connection which was lost as a stream of the user. */
function noPlace(path: string): string {
  const error: ErrorBody = {
    code: "API_RATE_LIMIT_EXCEEDED",
    message: "5 streams are open already.",
    timestamp: "2024-01-01T00:00:00.000Z",
    request_id: "r1",
    retry_after: 1,
    details: [{ path, message: "is the limit that is used up" }],
  };
  const data = { code: "TOO_MANY_REQUESTS", httpStatus: 429, error };
  const shape = { message: error.message, code: -32029, data };
  return eventOf(superjson.serialize(shape), { event: "serialized-error" });
}

/** Watches a server that answers the first time, the second and so on as told. */
function watchScripted(...answers: string[]) {
  const asked: string[] = [];
  const fetch = vi.fn(async (url: string | URL | Request) => {
    asked.push(decodeURIComponent(String(url)));
    return new Response(answers[asked.length - 1], { headers: { "content-type": "text/event-stream" } });
  });
  const peg = createPegClient({ url: "http://backend", token: "t", fetch: fetch as typeof globalThis.fetch });
  const seen: number[] = [];
  const ended = new Promise<unknown>((resolve) => {
    peg.pegComparison.watch.subscribe(
      { id: "a" },
      {
        onData: ({ data }) => seen.push(data.progress),
        onComplete: () => resolve("complete"),
        onError: resolve,
      },
    );
  });
  return { asked, seen, ended };
}

test("a stream whose place its own lost connection still holds is asked for again, from its last event on", async () => {
  const { asked, seen, ended } = watchScripted(
    BEGIN + stateOf(5, `${TASK}:1`) + noPlace("streams"),
    BEGIN + noPlace("streams"),
    BEGIN + stateOf(100, `${TASK}:2`) + END,
  );
  expect(await ended).toBe("complete");
  expect(seen).toEqual([5, 100]);
  expect(asked.map((url) => url.includes(`"lastEventId":"${TASK}:1"`))).toEqual([false, true, true]);
});

test("a stream for whose place it waits three minutes in a row fails, and no sooner", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const refusals = Array.from({ length: 150 }, () => BEGIN + noPlace("streams"));
  const { asked, seen, ended } = watchScripted(
    BEGIN + stateOf(5, `${TASK}:1`) + noPlace("streams"),
    ...refusals,
    // From here on it is counted anew.
    BEGIN + stateOf(6, `${TASK}:2`) + noPlace("streams"),
    ...refusals,
    ...refusals,
  );
  const result = vi.fn();
  void ended.then(result);
  for (let s = 0; s < 400 && result.mock.calls.length === 0; s++) await vi.advanceTimersByTimeAsync(1000);
  expect(isPegError(result.mock.calls[0]?.[0], "API_RATE_LIMIT_EXCEEDED")).toBe(true);
  expect(seen).toEqual([5, 6]);
  expect(asked).toHaveLength(1 + 150 + 1 + 180);
});

test.each([
  ["for which there never was a place", BEGIN + noPlace("streams")],
  ["over another limit", BEGIN + stateOf(5, `${TASK}:1`) + noPlace("status")],
])("a stream %s fails at once", async (_, answer) => {
  const { asked, ended } = watchScripted(answer);
  expect(isPegError(await ended, "API_RATE_LIMIT_EXCEEDED")).toBe(true);
  expect(asked).toHaveLength(1);
});

test("what a server that is away says instead of a stream is let go of unread", async () => {
  const cancel = vi.fn();
  const body = new ReadableStream({ cancel });
  const fetch = vi.fn(async () => new Response(body, { status: 503 }));
  const peg = createPegClient({ url: "http://backend", token: "t", fetch });
  const onError = vi.fn();
  const watched = peg.pegComparison.watch.subscribe({ id: "a" }, { onError });
  await vi.waitFor(() => expect(cancel).toHaveBeenCalled());
  expect(onError).not.toHaveBeenCalled();
  watched.unsubscribe();
});
