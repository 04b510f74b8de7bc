import { expect, test } from "vitest";
import { compare } from "../../src/cli/compare.js";
import { sayInEnglish } from "../../src/cli/words.js";
import type { PegClient } from "../../src/client/index.js";

type State = { status: string; task_id?: string; error?: { code: string; message: string } };

const REPLACED = { status: "FAILED", error: { code: "CONFLICT", message: "The data was replaced." } };

/** A server that gives these answers one after the other, the last one again and again, and ends each watched task. */
function answering(answers: State[], ending: State = REPLACED) {
  const watched: string[] = [];
  let asked = 0;
  const query = async () => answers[Math.min(asked++, answers.length - 1)];
  const subscribe = ({ task_id }: { task_id: string }, { onData }: { onData(event: object): void }) => {
    watched.push(task_id);
    onData({ data: { progress: 100, estimated_completion: null, ...ending } });
  };
  const client = { pegComparison: { get: { query }, watch: { subscribe } } } as unknown as PegClient;
  return { client, watched };
}

const task = (task_id: string): State => ({ status: "PENDING", task_id });

test("compare goes on where data was replaced while it watched, and another task computes it", async () => {
  const done = { status: "COMPLETED" };
  const { client, watched } = answering([task("first"), task("second"), done]);
  expect(await compare(client, "an-id", false, sayInEnglish)).toBe(done);
  expect(watched).toEqual(["first", "second"]);
});

test("compare fails where there is always another task, and gives no task for a comparison", async () => {
  const { client, watched } = answering([task("again")]);
  await expect(compare(client, "an-id", false, sayInEnglish)).rejects.toThrow("The comparison is PENDING.");
  expect(watched.length).toBeLessThan(10);
});

test("compare fails with what the task failed of", async () => {
  const error = { code: "DATA_VALIDATION_ERROR", message: "nothing to compare" };
  const { client } = answering([task("first")], { status: "FAILED", error });
  await expect(compare(client, "an-id", true, sayInEnglish)).rejects.toThrow(
    "nothing to compare (DATA_VALIDATION_ERROR)",
  );
});
