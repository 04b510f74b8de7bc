import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { ComparisonTasks } from "../../src/mcp-server/comparison-tasks.js";
import type { McpAnswer } from "../../src/mcp-server/method/compare.js";

const ANSWER = { success: true } as unknown as McpAnswer;

test("a result waits to be fetched, however many small ones were begun and fetched while it was computed", async () => {
  let now = 0;
  const clock = { now: () => now, elapsed: () => now };
  const tasks = new ComparisonTasks({ clock, describeFailure: () => ({}) });
  const ended = async (id: string) => {
    while (!tasks.status(id).includes("COMPLETED")) await turn();
  };
  function* small(): Generator<number, McpAnswer> {
    yield 0.5;
    return ANSWER;
  }
  let isLong = true;
  function* large(): Generator<number, McpAnswer> {
    while (isLong) {
      now += 100;
      yield 0.5;
    }
    return ANSWER;
  }
  const id = tasks.start(large());
  for (let i = 0; i < 70; i++) await ended(tasks.start(small()));
  isLong = false;
  await turn();
  await turn();
  await ended(id);
  expect(JSON.parse(tasks.status(id))).toEqual({ status: "COMPLETED", progress: 100, result: ANSWER });
  tasks.close();
});
