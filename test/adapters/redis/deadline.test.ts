import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadline, DeadlineError } from "../../../src/adapters/redis/deadline.js";

const MS = 200;
const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = () => new Promise<never>(() => {});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("work that ends in time passes, as it ended", async () => {
  const deadline = new Deadline(MS);
  await expect(deadline.keep(Promise.resolve(7))).resolves.toBe(7);
  await expect(deadline.keep(Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  expect(vi.getTimerCount()).toBe(0);
});

test("work of one turn shares a timer, and each is told when it is late", async () => {
  const deadline = new Deadline(MS);
  const late = [deadline.keep(never()), deadline.keep(never())].map((work) => work.catch((error) => error));
  const quick = deadline.keep(Promise.resolve("quick"));
  expect(vi.getTimerCount()).toBe(1);
  await expect(quick).resolves.toBe("quick");
  vi.advanceTimersByTime(MS);
  for (const error of await Promise.all(late)) expect(error).toBeInstanceOf(DeadlineError);
});

test("work that begins in a turn whose other work has ended already is bounded too", async () => {
  const deadline = new Deadline(MS);
  await deadline.keep(Promise.resolve());
  const late = deadline.keep(never()).catch((error) => error);
  vi.advanceTimersByTime(MS);
  expect(await late).toBeInstanceOf(DeadlineError);
});

test("work of a later turn has its own whole time", async () => {
  const deadline = new Deadline(MS);
  const first = deadline.keep(never()).catch(() => "late");
  await turn();
  vi.advanceTimersByTime(MS - 1);
  let ended = false;
  const second = deadline.keep(never()).catch(() => {
    ended = true;
  });
  vi.advanceTimersByTime(1);
  expect(await first).toBe("late");
  expect(ended).toBe(false);
  vi.advanceTimersByTime(MS - 1);
  await second;
});

test("an answer that lies unread after a stall counts, though its time is over", async () => {
  const deadline = new Deadline(MS);
  let answer = (_: string) => {};
  const work = deadline.keep(new Promise<string>((resolve) => (answer = resolve)));
  vi.advanceTimersByTime(MS);
  answer("in time after all");
  await expect(work).resolves.toBe("in time after all");
});
