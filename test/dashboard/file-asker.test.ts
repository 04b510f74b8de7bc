import { expect, test } from "vitest";
import { FileAsker, type Hearing } from "../../src/dashboard/upload/file-asker.js";
import type { Ask, Asked, Told } from "../../src/dashboard/upload/protocol.js";

const CALLER = { url: "http://localhost", token: "", language: "en" } as const;
const OVERVIEW: Ask = { ask: "overview", column: "when" };
const STORE: Ask = { ask: "store", name: "" };
const open = (): Ask => ({ ask: "open", file: new File([], "a.csv") });
const stored = (id: string): Told => ({ told: "stored", id });

/** A worker that answers when the test says so. */
interface Started {
  asked: Asked[];
  hearing: Hearing;
  isStopped: boolean;
}

function start({ breaks = false } = {}) {
  const workers: Started[] = [];
  const busy: boolean[] = [];
  const asker = new FileAsker(
    (hearing) => {
      if (breaks) throw new Error("no workers here");
      const worker: Started = { asked: [], hearing, isStopped: false };
      workers.push(worker);
      return {
        ask: (asked) => worker.asked.push(asked),
        stop: () => {
          worker.isStopped = true;
        },
      };
    },
    (isBusy) => busy.push(isBusy),
  );
  const worker = (at: number): Started => workers[at] ?? expect.fail(`no worker ${at} was started`);
  return {
    ask: (question: Ask) => asker.ask(question, CALLER),
    asker,
    worker,
    isBusy: () => busy.at(-1),
    answer: (question: number, told: Told) => {
      const { asked, hearing } = worker(0);
      hearing.answer({ number: asked[question]?.number ?? expect.fail("was not asked"), told });
    },
  };
}

test("each answer goes to its question, in whatever order, and the worker is busy until the last", async () => {
  const { ask, answer, isBusy } = start();
  const first = ask(OVERVIEW);
  const second = ask(OVERVIEW);
  answer(1, stored("second"));
  expect(isBusy()).toBe(true);
  answer(0, stored("first"));
  expect(isBusy()).toBe(false);
  expect(await Promise.all([first, second])).toEqual([stored("first"), stored("second")]);
});

test("nothing is stored while an answer is awaited, and so nothing twice", async () => {
  const { ask, answer, worker } = start();
  const overview = ask(OVERVIEW);
  expect(await ask(STORE)).toBeUndefined();
  answer(0, stored("overview"));
  await overview;
  const store = ask(STORE);
  expect(await ask(STORE)).toBeUndefined();
  answer(1, stored("once"));
  expect(await store).toEqual(stored("once"));
  expect(worker(0).asked.map(({ question }) => question.ask)).toEqual(["overview", "store"]);
});

test("another file ends what was done with the one before, whose answers are heard no more", async () => {
  const { ask, worker, isBusy } = start();
  const before = ask(open());
  const after = ask(open());
  expect(await before).toBeUndefined();
  expect(worker(0).isStopped).toBe(true);
  const [{ number } = { number: -1 }] = worker(0).asked;
  worker(0).hearing.answer({ number, told: stored("before") });
  worker(0).hearing.failure();
  expect(isBusy()).toBe(true);
  worker(1).hearing.answer({ number: worker(1).asked[0]?.number ?? -1, told: stored("after") });
  expect(await after).toEqual(stored("after"));
});

test("a worker that fails, or cannot be started, is told to all who wait, and the next file has a new one", async () => {
  const { ask, worker, isBusy } = start();
  const waiting = [ask(open()), ask(OVERVIEW)];
  worker(0).hearing.failure();
  expect(await Promise.all(waiting)).toEqual(["failed", "failed"]);
  expect(isBusy()).toBe(false);
  void ask(open());
  expect(worker(1).asked).toHaveLength(1);

  const none = start({ breaks: true });
  expect(await none.ask(open())).toBe("failed");
  expect(none.isBusy()).toBe(false);
});

test("who leaves the page waits for nothing", async () => {
  const { ask, asker, worker } = start();
  const waiting = ask(open());
  asker.stop();
  expect(await waiting).toBeUndefined();
  expect(worker(0).isStopped).toBe(true);
});
