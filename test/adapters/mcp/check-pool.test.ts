import { afterEach, describe, expect, it } from "vitest";
import { type CheckPool, CheckThreadDied, createCheckPool } from "../../../src/adapters/mcp/check-pool.js";
import { INLINE_CHECK_BYTES } from "../../../src/adapters/mcp/options.js";
import { goodAnswer } from "./fake-service.js";
import { CHECK_THREAD } from "./fixtures.js";

let pool: CheckPool | undefined;
afterEach(() => pool?.close());

const bytesOf = (text: string) => {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  return { blocks: [bytes], length: bytes.length };
};
const big = (pegs = 50) => {
  const bytes = bytesOf(JSON.stringify(goodAnswer(pegs, 5_000)));
  expect(bytes.length).toBeGreaterThan(INLINE_CHECK_BYTES);
  return bytes;
};

describe("createCheckPool", () => {
  it("gives the same verdict on the thread as here, and takes the bytes along", async () => {
    pool = createCheckPool(CHECK_THREAD);
    const bytes = big();
    const there = await pool.check(bytes, "result_123");
    const here = await createCheckPool(undefined).check(big(), "result_123");
    expect(there.kind).toBe("valid");
    expect(there).toEqual(here);
    expect(bytes.blocks[0]?.byteLength).toBe(0);
  });

  it("keeps verdicts apart when many are asked for at once", async () => {
    pool = createCheckPool(CHECK_THREAD);
    const counts = [40, 20, 60, 30];
    const verdicts = await Promise.all(counts.map((count) => pool?.check(big(count), "result_123")));
    const pegs = verdicts.map((verdict) => (verdict?.kind === "valid" ? verdict.comparison.pegs.length : 0));
    expect(pegs).toEqual(counts);
  });

  it("tells that its thread cannot start", async () => {
    pool = createCheckPool(new URL("no-such-file.js", import.meta.url));
    await expect(pool.check(big(), "result_123")).rejects.toThrow(CheckThreadDied);
  });

  it("ends what is under way when it is closed, and refuses what comes later", async () => {
    pool = createCheckPool(CHECK_THREAD);
    const checking = expect(pool.check(big(), "result_123")).rejects.toThrow(CheckThreadDied);
    await pool.close();
    await checking;
    await expect(pool.check(big(), "result_123")).rejects.toThrow(CheckThreadDied);
  });
});
