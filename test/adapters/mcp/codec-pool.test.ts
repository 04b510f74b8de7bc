import { afterEach, describe, expect, it } from "vitest";
import { checkAnswer } from "../../../src/adapters/mcp/check-answer.js";
import { type CodecPool, CodecThreadDied, createCodecPool } from "../../../src/adapters/mcp/codec-pool.js";
import { INLINE_CHECK_BYTES, INLINE_ENCODE_SAMPLES } from "../../../src/adapters/mcp/options.js";
import { goodAnswer } from "./fake-service.js";
import { CODEC_THREAD, packSeries, rawData, request } from "./fixtures.js";

let pool: CodecPool | undefined;
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

describe("createCodecPool", () => {
  it("gives the same verdict on the thread as here, and takes the bytes along", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const bytes = big();
    const there = await pool.check(bytes, "result_123");
    const here = await createCodecPool(undefined).check(big(), "result_123");
    expect(there.kind).toBe("valid");
    expect(there).toEqual(here);
    expect(bytes.blocks[0]?.byteLength).toBe(0);
  });

  it("gives all PEGs in their order where they come in several parts, and none where a later one is bad", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const verdict = await pool.check(big(250), "result_123");
    const parts: number[] = [];
    checkAnswer(big(250), "result_123", (pegs) => parts.push(pegs.length));
    expect(parts.length).toBeGreaterThan(1);
    const names = verdict.kind === "valid" ? verdict.comparison.pegs.map(({ pegName }) => pegName) : [];
    const answer = goodAnswer(250, 5_000);
    expect(names).toEqual(
      answer.data.peg_comparison_results.map(({ peg_name }: { peg_name: string }) => peg_name),
    );
    const last = answer.data.peg_comparison_results.at(-1);
    if (last) last.weight = "heavy" as never;
    const worse = await pool.check(bytesOf(JSON.stringify(answer)), "result_123");
    expect(worse).toEqual({
      kind: "bad",
      reason: expect.stringContaining("peg_comparison_results.249.weight"),
    });
  });

  const manySamples = () => {
    const numbers = Array.from({ length: INLINE_ENCODE_SAMPLES + 1 }, (_, i) => i / 3);
    return request({
      data: {
        ...rawData(),
        cells: ["Zelle-ü", 'quote"'],
        series: packSeries([
          {
            kpiName: "KPI",
            period: "N",
            values: Float64Array.from(numbers),
            cells: Uint32Array.from(numbers, (_, i) => i % 2),
            times: Float64Array.from(numbers, (_, i) => i * 1_000),
          },
        ]),
      },
    });
  };

  it("encodes the same on the thread as here, and takes the samples along", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const { signal } = new AbortController();
    const given = manySamples();
    const there = await pool.encode(given, signal);
    const here = await createCodecPool(undefined).encode(manySamples(), signal);
    expect(there.length).toBe(here.length);
    expect(Buffer.concat(there.chunks).equals(Buffer.concat(here.chunks))).toBe(true);
    expect(given.data.series.values).toHaveLength(0);
  });

  it("fails on the thread as here, and goes on", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const { signal } = new AbortController();
    const wrong = manySamples();
    wrong.data.cells = [];
    await expect(pool.encode(wrong, signal)).rejects.toThrow(RangeError);
    expect((await pool.encode(manySamples(), signal)).length).toBeGreaterThan(0);
  });

  it("keeps verdicts apart when many are asked for at once", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const counts = [40, 220, 60, 300];
    const verdicts = await Promise.all(counts.map((count) => pool?.check(big(count), "result_123")));
    const pegs = verdicts.map((verdict) => (verdict?.kind === "valid" ? verdict.comparison.pegs.length : 0));
    expect(pegs).toEqual(counts);
  });

  it("tells that its thread cannot start", async () => {
    pool = createCodecPool(new URL("no-such-file.js", import.meta.url));
    await expect(pool.check(big(), "result_123")).rejects.toThrow(CodecThreadDied);
  });

  it("ends what is under way when it is closed, and refuses what comes later", async () => {
    pool = createCodecPool(CODEC_THREAD);
    const checking = expect(pool.check(big(), "result_123")).rejects.toThrow(CodecThreadDied);
    await pool.close();
    await checking;
    await expect(pool.check(big(), "result_123")).rejects.toThrow(CodecThreadDied);
  });
});
