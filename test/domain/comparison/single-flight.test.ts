import { describe, expect, test } from "vitest";
import { SingleFlight } from "../../../src/domain/comparison/single-flight.js";

/** Work that ends when it is told to. */
function held<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  let runs = 0;
  const done = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return {
    work: () => {
      runs++;
      return done;
    },
    runs: () => runs,
    end: (value: T) => resolve(value),
    fail: (message: string) => reject(new Error(message)),
  };
}

describe("one run at a time for each key", () => {
  test("C1: five hundred callers at once share one run, and one of them leads", async () => {
    const flight = new SingleFlight<object>();
    const { work, runs, end } = held<object>();
    const callers = Array.from({ length: 500 }, () => flight.run("key", work));
    const value = { same: true };
    end(value);
    const outcomes = await Promise.all(callers);
    expect(runs()).toBe(1);
    expect(outcomes.filter(({ leader }) => leader)).toHaveLength(1);
    expect(outcomes[0]?.leader).toBe(true);
    expect(outcomes.every((outcome) => outcome.value === value)).toBe(true);
  });

  test("keys do not wait for each other", async () => {
    const flight = new SingleFlight<number>();
    const slow = held<number>();
    const waiting = flight.run("slow", slow.work);
    expect(await flight.run("quick", async () => 2)).toEqual({ value: 2, leader: true });
    slow.end(1);
    expect(await waiting).toEqual({ value: 1, leader: true });
  });

  test("nothing is kept: whoever comes after the end starts anew", async () => {
    const flight = new SingleFlight<number>();
    let runs = 0;
    const work = async () => ++runs;
    expect(await flight.run("key", work)).toEqual({ value: 1, leader: true });
    expect(await flight.run("key", work)).toEqual({ value: 2, leader: true });
  });

  test("C2: a failure is that of all who waited, and of nobody after them", async () => {
    const flight = new SingleFlight<number>();
    const failing = held<number>();
    const callers = Array.from({ length: 3 }, () => flight.run("key", failing.work));
    failing.fail("no luck");
    const outcomes = await Promise.allSettled(callers);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(failing.runs()).toBe(1);
    expect(await flight.run("key", async () => 7)).toEqual({ value: 7, leader: true });
  });

  test("a follower who asks again in the same turn as the failure starts anew", async () => {
    const flight = new SingleFlight<number>();
    const failing = held<number>();
    const leader = flight.run("key", failing.work).catch(() => "failed");
    const follower = flight.run("key", failing.work).catch(() => flight.run("key", async () => 3));
    failing.fail("no luck");
    expect(await leader).toBe("failed");
    expect(await follower).toEqual({ value: 3, leader: true });
  });

  test("is idle once everything has ended, however it ended", async () => {
    const flight = new SingleFlight<number>();
    const [a, b] = [held<number>(), held<number>()];
    const callers = [flight.run("a", a.work), flight.run("b", b.work).catch(() => "failed")];
    let idle = false;
    const waiting = flight.idle().then(() => {
      idle = true;
    });
    a.end(1);
    await callers[0];
    expect(idle).toBe(false);
    b.fail("no luck");
    await waiting;
    expect(await Promise.all(callers)).toEqual([{ value: 1, leader: true }, "failed"]);
    await flight.idle();
  });
});
