import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { backupSource, restore, takeBackup } from "../../src/backup.js";
import { startBackupServer } from "../../src/backup-server.js";
import { parseConfig } from "../../src/config.js";
import { createLogger } from "../../src/log.js";
import { sampleAnalysis, startBackend, TEST_ENV } from "../support/backend.js";
import { createTestDatabase, hasPostgres, hasRedis } from "../support/database.js";
import { startTwoBackends } from "../support/two-backends.js";

const folder = mkdtempSync(join(tmpdir(), "peg-restore-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasPostgres || !hasRedis)("a restore under servers that run", () => {
  test("leaves nothing to be served that they or Redis held: no permission, no data (P10)", {
    timeout: 60_000,
  }, async () => {
    const { first, second, databaseUrl, redisUrl, stop } = await startTwoBackends({ redis: true });
    const scratch = await createTestDatabase();
    try {
      const config = parseConfig({ ...TEST_ENV, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl as string });
      const anna = await first.clientOf("anna");
      const [bobHere, bobThere] = [await first.clientOf("bob"), await second.clientOf("bob")];
      const { id } = await anna.analysis.create.mutate(sampleAnalysis({ factor: 1.1 }));
      await anna.pegComparison.get.query({ id });
      const file = join(folder, "before.backup");
      const { header } = await takeBackup(config, file, { scratchUrl: scratch.url });
      expect(header.tables).toMatchObject({ analysis_results: 1, user_analysis_permissions: 1 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await expect(takeBackup(config, file)).rejects.toThrow(/is there already/);
      // The same scratch database serves every night.
      await takeBackup(config, join(folder, "again.backup"), { scratchUrl: scratch.url });

      // What is done since is cached in both processes and in Redis.
      await anna.permission.grant.mutate({ id, user_id: "bob", permission_type: "read" });
      await anna.analysis.replaceData.mutate({ ...sampleAnalysis({ factor: 2 }), id, data_version: 1 });
      const later = await anna.analysis.create.mutate(sampleAnalysis());
      for (const client of [bobHere, bobThere, bobHere, bobThere]) {
        const answer = await client.pegComparison.get.query({ id });
        if (answer.status !== "COMPLETED") throw new Error("not there");
        expect(answer.data.peg_comparison_results[0]?.comparison.change_percent).toBeCloseTo(100, 3);
      }

      await expect(restore(config, file, {})).rejects.toThrow(/holds data/);
      await restore(config, file, { replace: true });

      for (const client of [bobHere, bobThere])
        await expect(client.pegComparison.get.query({ id })).rejects.toMatchObject({
          data: { error: { code: "PERMISSION_DENIED" } },
        });
      for (const backend of [first, second]) {
        const answer = await (await backend.clientOf("anna")).pegComparison.get.query({ id });
        if (answer.status !== "COMPLETED") throw new Error("not there");
        expect(answer.data.peg_comparison_results[0]?.comparison.change_percent).toBeCloseTo(10, 3);
      }
      await expect(anna.pegComparison.get.query({ id: later.id })).rejects.toMatchObject({
        data: { error: { code: "PERMISSION_DENIED" } },
      });
    } finally {
      await scratch.drop();
      await stop();
    }
  });
});

test("the backup of a running embedded server is told to nobody without its secret", {
  timeout: 60_000,
}, async () => {
  const { runtime, stop } = await startBackend();
  const server = await startBackupServer(backupSource(runtime.database), createLogger("silent"));
  try {
    for (const authorization of [
      "",
      "Bearer",
      "Bearer x",
      `bearer ${server.secret}`,
      `Bearer ${server.secret}x`,
    ])
      expect((await fetch(server.url, { headers: { authorization } })).status).toBe(401);
    const answer = await fetch(server.url, { headers: { authorization: `Bearer ${server.secret}` } });
    expect(answer.status).toBe(200);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(100);
  } finally {
    server.close();
    await stop();
  }
});
