import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fill, verbatim } from "../src/contract/words.js";
import { PegError } from "../src/domain/errors.js";
import { createLogger, describeError } from "../src/log.js";
import { startProcess } from "./support/process.js";

const CANARY = "CANARY-7";

/** A logger, and the lines that it wrote. */
function recorder(level = "trace") {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line) => void lines.push(line) });
  return { logger, lines };
}

interface Described {
  chain: { name: string; code?: string; message?: string; at?: string }[];
}
const chainOf = (error: unknown) => (describeError(error) as Described).chain;

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("a line of the log", () => {
  test("is one JSON object with its fields, level and time", () => {
    const { logger, lines } = recorder();
    logger.warn({ task_id: "t-1", count: 2 }, "told once");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith("\n")).toBe(true);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: 40,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      task_id: "t-1",
      count: 2,
      msg: "told once",
    });
  });

  test("is left out below the level", () => {
    const { logger, lines } = recorder("warn");
    logger.debug({}, "a");
    logger.info({}, "b");
    logger.warn({}, "c");
    logger.error({}, "d");
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["c", "d"]);
    const silent = recorder("silent");
    silent.logger.error({}, "x");
    expect(silent.lines).toEqual([]);
  });

  test("cannot be split by what stands in a field", () => {
    const { logger, lines } = recorder();
    logger.info({ id: 'a\n{"level":60}' }, "b\nc");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd()).not.toContain("\n");
  });
});

describe("R17: an error in the log", () => {
  const query = `select ${CANARY} from secrets`;
  const errors: [string, unknown][] = [
    ["an error whose message quotes data", new Error(`bad token ${CANARY}`)],
    ["an error of the database with its SQL", new DrizzleQueryError(query, [CANARY], new Error(CANARY))],
    [
      "an error whose name tells nothing",
      Object.assign(new Error(CANARY), { code: "23505", detail: CANARY, query, parameters: [CANARY] }),
    ],
    ["a refused input", thrownBy(() => z.strictObject({}).parse({ [CANARY]: CANARY }))],
    ["text that is no JSON", thrownBy(() => JSON.parse(`{"secret":${CANARY}`))],
    ["a wrong address", thrownBy(() => new URL(CANARY))],
    [
      "an error behind others",
      new PegError("INTERNAL_ERROR", verbatim("Safe."), {
        cause: new Error("a", { cause: new Error(CANARY) }),
      }),
    ],
    ["several errors in one", new AggregateError([new Error(CANARY)], CANARY)],
    ["an abort", new DOMException(CANARY, "AbortError")],
    ["a thrown text", CANARY],
    ["a thrown object", { secret: CANARY }],
    ["a cause that is no error", new Error("x", { cause: { secret: CANARY } })],
  ];

  test.each(errors)("tells nothing of what it was about: %s", (_, error) => {
    const { logger, lines } = recorder();
    logger.error({ err: error, request_id: "req-1" }, "a request failed");
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CANARY);
    expect(lines[0]).not.toMatch(/select|"stack"/);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ request_id: "req-1", msg: "a request failed" });
  });

  test("tells of the whole chain: names, codes, and messages of our own", () => {
    const refused = Object.assign(new Error(`connect 10.0.0.1 ${CANARY}`), { code: "ECONNREFUSED" });
    const failed = new DrizzleQueryError("select 1", [], refused);
    const words = "The database cannot be reached. Try again soon.";
    const error = new PegError("SERVICE_UNAVAILABLE", words, { cause: failed });
    expect(chainOf(error)).toEqual([
      {
        name: "PegError",
        code: "SERVICE_UNAVAILABLE",
        message: words,
      },
      { name: failed.name },
      { name: "Error", code: "ECONNREFUSED" },
    ]);
  });

  test("leaves out what others said, and names that stand in our own words", () => {
    const said = new PegError("DATA_VALIDATION_ERROR", verbatim(`the cell ${CANARY} is odd`));
    expect(chainOf(said)[0]).toEqual({ name: "PegError", code: said.code });
    const limit = fill("{max} streams are open already. Close one of them, or ask for the status instead.", {
      max: CANARY,
    });
    const named = chainOf(new PegError("API_RATE_LIMIT_EXCEEDED", limit))[0]?.message;
    expect(named).toBe("{max} streams are open already. Close one of them, or ask for the status instead.");
  });

  test("tells the message of a mistake in the program, which holds no data", () => {
    const nothing = undefined as unknown as { field: string };
    expect(chainOf(thrownBy(() => nothing.field))[0]).toMatchObject({
      name: "TypeError",
      message: "Cannot read properties of undefined (reading 'field')",
    });
    expect(chainOf(thrownBy(() => new Array(-1)))[0]).toMatchObject({
      name: "RangeError",
      message: "Invalid array length",
    });
  });

  test("tells where in our own code it came from, not where that code lies on the machine", () => {
    const [first] = chainOf(thrownBy(() => describeErrorThrower()));
    expect(first?.at).toMatch(/^src\/contract\/\w/);
  });

  test("comes to an end where its causes run in a circle", () => {
    const a: Error & { cause?: unknown } = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    expect(chainOf(a)).toHaveLength(5);
  });

  test.each([
    ["text", "string"],
    [7, "number"],
    [null, "object"],
    [undefined, "undefined"],
  ])("that is no error, %j, is told by its type", (value, name) => {
    expect(describeError(value)).toEqual({ name });
  });
});

describe("standard error", () => {
  test.each([
    ["ends by itself", "", 0],
    ["is ended in the same turn", "process.exit(3);", 3],
    ["fails in the same turn", "throw new Error('planned');", 1],
  ])("has every line of a process that %s", async (_, last, code) => {
    const script = `
      import { createLogger } from ${JSON.stringify(new URL("../src/log.ts", import.meta.url).href)};
      const logger = createLogger("info");
      for (let i = 0; i < 500; i++) logger.info({ i }, "of one turn");
      ${last}`;
    const args = ["--import", "tsx", "--input-type=module", "-e", script];
    const child = startProcess({ command: process.execPath, args });
    expect(await child.waitForExit()).toEqual({ code, signal: null });
    const lines = child.stderr.split("\n").filter((line) => line.startsWith('{"level"'));
    expect(lines.map((line) => JSON.parse(line).i)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });
});

test("standard error on a full disk neither ends the process nor fills its memory", async () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL("../src/log.ts", import.meta.url).href)};
    const logger = createLogger("info");
    const text = "x".repeat(1_000);
    for (let i = 0; i < 20_000; i++) {
      logger.info({ text }, "lost");
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 60_000; i++) {
      logger.info({ text }, "lost");
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    console.log(process.memoryUsage().rss - before < 30e6 ? "goes on" : "fills");`;
  const node = [process.execPath, "--import", "tsx", "--input-type=module", "-e", script];
  const args = ["-c", 'exec "$@" 2> /dev/full', "sh", ...node];
  const child = startProcess({ command: "/bin/sh", args });
  expect(await child.waitForExit()).toEqual({ code: 0, signal: null });
  expect(child.stdout).toContain("goes on");
});

/** Throws from within src. */
function describeErrorThrower(): never {
  throw Object.assign(new Error("x"), {
    stack: "Error: x\n    at f (/home/someone/app/src/contract/time.ts:12:3)",
  });
}
