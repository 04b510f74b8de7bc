import { expect, test, vi } from "vitest";
import { toldStream } from "../../src/http/told-stream.js";

type Source = Exclude<ConstructorParameters<typeof ReadableStream<Uint8Array>>[0], undefined>;

function open(source: Source) {
  const logger = { debug() {}, info() {}, warn() {}, error: vi.fn() };
  const told = toldStream(new Response(new ReadableStream(source)), logger as never, "r-1");
  return { logger, reader: (told.body as ReadableStream<Uint8Array>).getReader() };
}
const bytes = (text: string) => new TextEncoder().encode(text);

test("a stream that breaks off on our side ends, and is told in the log", async () => {
  const { logger, reader } = open({
    start: (controller) => controller.enqueue(bytes("one")),
    pull: (controller) => controller.error(new Error("broken")),
  });
  expect((await reader.read()).value).toEqual(bytes("one"));
  expect((await reader.read()).done).toBe(true);
  expect(logger.error).toHaveBeenCalledExactlyOnceWith(
    { request_id: "r-1", err: expect.objectContaining({ message: "broken" }) },
    "an answer broke off",
  );
});

test("a reader who leaves while the next part is waited for breaks nothing off", async () => {
  let cancelled = false;
  const { logger, reader } = open({
    start: (controller) => controller.enqueue(bytes("one")),
    cancel: () => {
      cancelled = true;
    },
  });
  await reader.read();
  const next = reader.read();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  await turn();
  await reader.cancel();
  expect((await next).done).toBe(true);
  await turn();
  expect(cancelled).toBe(true);
  expect(logger.error).not.toHaveBeenCalled();
});
