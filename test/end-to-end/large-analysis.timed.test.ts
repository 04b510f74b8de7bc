import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { TEST_ENV, tokenFor } from "../support/backend.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { cliIsBuilt, startCli, startProcess, type TestProcess } from "../support/process.js";

const ROWS = 500_000;
const PEGS = 250;
const GIGABYTE = 1024 ** 3;
const POLLER = new URL("../support/health-poller.mjs", import.meta.url).pathname;

/** Half a million rows as the body of `analysis.create`: about 40 MB. */
function largeBody(id: string): Buffer {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const peg = i % PEGS;
    const avg = (100 + peg + Math.sin(i) * 7).toFixed(6);
    return `{"kpi_name":"PEG_${peg}","period":"${i < ROWS / 2 ? "N-1" : "N"}","avg":${avg},"cell_id":"cell-${i % 977}"}`;
  });
  const periods =
    '{"n1_start":"2024-01-01","n1_end":"2024-01-07","n_start":"2024-01-08","n_end":"2024-01-14"}';
  return Buffer.from(
    `{"json":{"id":"${id}","stats":[${rows}],"request_params":{},"period_info":${periods}}}`,
  );
}

/** The most memory that a process ever had resident, in bytes. */
function peakMemory({ pid }: TestProcess): number {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

/** The longest that a health check took which began between two moments. */
function longestPoll(poller: TestProcess, from: number, to: number): number {
  const polls = [...poller.stdout.matchAll(/polled (\d+) ([\d.]+)/g)];
  return Math.max(
    ...polls.filter(([, at]) => Number(at) >= from && Number(at) <= to).map(([, , took]) => Number(took)),
  );
}

describe.skipIf(!cliIsBuilt || process.platform !== "linux")("half a million rows", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function createAndCompare(env: Record<string, string>) {
    const server = startCli(["serve"], { ...TEST_ENV, LOG_LEVEL: "info", ...env });
    cleanups.push(() => server.kill("SIGKILL"));
    const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
    const authorization = `Bearer ${await tokenFor("alice")}`;
    const body = new Uint8Array(largeBody("large"));
    const poller = startProcess({ command: process.execPath, args: [POLLER, url] });
    cleanups.push(() => poller.kill("SIGKILL"));
    await poller.waitForLine(/polled/);

    const headers = { authorization, "content-type": "application/json" };
    const uploadFrom = Date.now();
    const created = await fetch(`${url}/trpc/analysis.create`, { method: "POST", headers, body });
    expect(await created.json()).toMatchObject({
      result: { data: { json: { rows: ROWS, pegs: PEGS, cells: 977 } } },
    });
    const uploadTo = Date.now();

    const input = encodeURIComponent(JSON.stringify({ json: { id: "large" } }));
    const compared = await fetch(`${url}/trpc/pegComparison.get?input=${input}`, { headers });
    const answer = (await compared.json()) as { result: { data: { json: { data: { summary: object } } } } };
    expect(answer.result.data.json.data.summary).toMatchObject({ total_pegs: PEGS });
    const compareTo = Date.now();
    const measured = {
      uploadMs: uploadTo - uploadFrom,
      heldByUploadMs: longestPoll(poller, uploadFrom, uploadTo),
      compareMs: compareTo - uploadTo,
      heldByCompareMs: longestPoll(poller, uploadTo, compareTo),
      peakBytes: peakMemory(server),
    };
    const text = Object.entries(measured).map(([name, value]) => `${name} ${Math.round(value)}`);
    process.stdout.write(
      `500,000 rows on ${env.DATABASE_URL ? "PostgreSQL" : "the embedded database"}: ${text.join(", ")}\n`,
    );
    return measured;
  }

  test.skipIf(!hasPostgres || !hasRedis)(
    "on PostgreSQL leave the API answering, within 1 GB",
    { timeout: 120_000, retry: 2 },
    async () => {
      const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
      cleanups.push(() => Promise.all([database.drop(), redis.stop()]));
      const measured = await createAndCompare({ DATABASE_URL: database.url, REDIS_URL: redis.url });
      expect(measured.peakBytes).toBeLessThan(GIGABYTE);
      expect(measured.heldByUploadMs).toBeLessThan(1000);
      expect(measured.heldByCompareMs).toBeLessThan(100);
    },
  );

  test("on the embedded database are created and compared, within 1 GB", { timeout: 120_000 }, async () => {
    const measured = await createAndCompare({});
    expect(measured.peakBytes).toBeLessThan(GIGABYTE);
  });
});
