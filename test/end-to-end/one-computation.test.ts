import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis } from "../support/backend.js";
import { hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt } from "../support/process.js";
import { startTwoProcesses, type TwoProcesses } from "../support/two-processes.js";

describe.each([
  { name: "and one Redis", redis: true, here: hasPostgres && hasRedis },
  { name: "without Redis", redis: false, here: hasPostgres },
])("two processes on one PostgreSQL $name", ({ redis, here }) => {
  describe.skipIf(!here || !cliIsBuilt)("", () => {
    let both: TwoProcesses;
    beforeAll(async () => {
      both = await startTwoProcesses({ redis });
    });
    afterAll(() => both?.stop());

    test("compute once for 50 first callers each", async () => {
      const { first, second, service } = both;
      const owner = await both.clientOf("owner", first);
      const { id } = await owner.analysis.create.mutate(sampleAnalysis({ pegs: 20, samples: 200 }));
      const before = service.calls;
      const release = service.hold();
      const clients = await Promise.all(
        Array.from({ length: 100 }, (_, i) => both.clientOf("owner", i % 2 ? second : first)),
      );
      const running = Promise.all(clients.map((client) => client.pegComparison.get.query({ id })));
      await service.nextCall();
      release();
      const answers = await running;
      expect(service.calls - before).toBe(1);
      expect(answers.filter((answer) => answer.status === "COMPLETED" && !answer.cached)).toHaveLength(1);
      // Equal, though not in the order of their fields: PostgreSQL keeps its own.
      const [one, ...others] = answers.map((answer) => "data" in answer && answer.data);
      for (const other of others) expect(other).toEqual(one);
    });
  });
});
