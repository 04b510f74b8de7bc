import { expect, inject, test } from "vitest";
import { createBoss } from "../../../src/adapters/queue/boss.js";
import { createJobQueue } from "../../../src/adapters/queue/job-queue.js";
import { runIn } from "../../../src/db/run-sql.js";
import { COMPARE_TASK } from "../../../src/jobs/compare-task.js";
import { createLogger } from "../../../src/log.js";
import { openFromTemplate } from "../../support/embedded-template.js";

test("a job is kept for years, should no worker come", { timeout: 60_000 }, async () => {
  const database = await openFromTemplate(inject("embeddedTemplate"));
  try {
    const boss = createBoss({
      run: database.run,
      logger: createLogger("silent"),
      supervise: false,
      migrate: false,
    });
    const taskId = "6b6e7a7c-9d0e-4f3e-8d7a-111111111111";
    await database.db.transaction((tx) =>
      createJobQueue(boss, COMPARE_TASK).send(runIn(tx), { taskId, requestId: "request" }),
    );
    const { rows } = await database.run(
      "select keep_until - now() > interval '5 years' as kept from pgboss.job",
    );
    expect(rows).toEqual([{ kept: true }]);
  } finally {
    await database.close();
  }
});
