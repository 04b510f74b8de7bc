import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startProcess } from "../../support/process.js";

const SEALING = fileURLToPath(new URL("./seal-some.ts", import.meta.url));
const COUNT = 500;

/** What one process sealed with: each nonce with the kind of what it sealed, since both have keys of their own. */
async function noncesOfAProcess(): Promise<string[]> {
  const args = ["--import", "tsx", SEALING, String(COUNT)];
  const child = startProcess({ command: process.execPath, args });
  const { code } = await child.waitForExit(60_000);
  expect([code, child.stderr]).toEqual([0, ""]);
  return child.stdout.trimEnd().split("\n");
}

test("E8: processes with one key never use a nonce twice, neither at once nor one after the other", async () => {
  const atOnce = await Promise.all([noncesOfAProcess(), noncesOfAProcess()]);
  const nonces = [...atOnce.flat(), ...(await noncesOfAProcess())];
  expect(nonces.filter((nonce) => !/^(entry|record) [0-9a-f]{24}$/.test(nonce))).toEqual([]);
  expect(nonces).toHaveLength(3 * 2 * COUNT);
  expect(new Set(nonces).size).toBe(nonces.length);
});
