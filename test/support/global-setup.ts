import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { createMcpServer } from "../../src/mcp-server/server.js";
import { writeEmbeddedTemplate } from "./embedded-template.js";
import { findChromium, openPostgres, openRedis } from "./servers.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** An administrator's address of the run's PostgreSQL; null where there is none. */
    postgresUrl: string | null;
    /** The file of the certificate, for `localhost`, by which that encrypts connections; null where it may not. */
    postgresCertificate: string | null;
    /** The run's shared Redis; null where there is none. Tests take their own with createTestRedis(). */
    redisUrl: string | null;
    /** A Chromium to drive; null where there is none. */
    chromiumPath: string | null;
    /** An analysis service for all who need one and do nothing to it. */
    analysisServiceUrl: string;
    /** A file with an empty embedded database, migrated: a copy is there in a tenth of the time of a new one. */
    embeddedTemplate: string;
  }
}

/** Starts the servers of the run, says what was found, and hands the addresses to the tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [postgres, redis] = await Promise.all([openPostgres(process.env), openRedis(process.env)]);
  const analysisService = createMcpServer();
  const { url: analysisServiceUrl } = await analysisService.listen("127.0.0.1", 0);
  const chromium = findChromium();
  const folder = mkdtempSync(join(tmpdir(), "peg-template-"));
  const teardown = async (): Promise<void> => {
    await Promise.all([postgres.stop(), redis.stop(), analysisService.close()]);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const { note } of [postgres, redis, chromium]) process.stdout.write(`${note}\n`);

  const missing = [postgres, redis].filter(({ url }) => url === null);
  if (process.env.CI === "true" && process.env.REQUIRE_SERVERS === "1" && missing.length > 0) {
    await teardown();
    throw new Error(`REQUIRE_SERVERS=1: ${missing.map(({ note }) => note).join("; ")}`);
  }
  project.provide("postgresUrl", postgres.url);
  project.provide("postgresCertificate", postgres.certificate ?? null);
  project.provide("redisUrl", redis.url);
  project.provide("analysisServiceUrl", analysisServiceUrl);
  project.provide("embeddedTemplate", await writeEmbeddedTemplate(join(folder, "embedded.tar")));
  project.provide("chromiumPath", chromium.path);
  return teardown;
}
