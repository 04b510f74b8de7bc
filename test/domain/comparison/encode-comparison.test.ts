import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { analysisByIdOutput } from "../../../src/contract/analysis.js";
import {
  type CompletedComparison,
  pegComparisonGetOutput,
  pegComparisonSummaryOutput,
} from "../../../src/contract/comparison.js";
import type { ComputedComparison } from "../../../src/domain/comparison/computed-comparison.js";
import {
  encodeAnswer,
  encodeComparison,
  encodeSummary,
  withoutMetadata,
} from "../../../src/domain/comparison/encode-comparison.js";
import { EncodedAnswer } from "../../../src/domain/comparison/encoded-answer.js";
import { comparisonOf, computedComparisons, PERIOD_INFO, strangeNames } from "../fixtures.js";

const ids = fc.stringMatching(/^[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,39}$/);

interface Wire {
  result: { data: { json: unknown; meta?: { values: Record<string, unknown> } } };
}
const wireOf = (answer: EncodedAnswer) => (JSON.parse(answer.trpc.toString("utf8")) as Wire).result.data;

/** The object that the schema describes, put together field by field. */
function describeComparison(
  id: string,
  { pegs, summary, analysisMetadata, processingTime, mcpVersion }: ComputedComparison,
  includeMetadata: boolean,
  cached: boolean,
): object {
  return {
    success: true,
    status: "COMPLETED",
    data: {
      analysis_id: id,
      peg_comparison_results: pegs.map((peg) => ({
        peg_name: peg.pegName,
        weight: peg.weight,
        n1_period: JSON.parse(peg.n1Period),
        n_period: JSON.parse(peg.nPeriod),
        comparison: JSON.parse(peg.comparison),
        ...(includeMetadata && peg.metadata ? { metadata: peg.metadata } : {}),
        ...(peg.judge ? { judge: JSON.parse(peg.judge) } : {}),
      })),
      summary,
      ...(includeMetadata ? { analysis_metadata: analysisMetadata } : {}),
    },
    processing_time: processingTime,
    cached,
    mcp_version: mcpVersion,
  };
}

/** As text, so that the order of keys counts as well. */
const expectSame = (answer: EncodedAnswer, described: object) =>
  expect(JSON.stringify(wireOf(answer))).toBe(JSON.stringify(superjson.serialize(described)));

describe("a comparison, encoded", () => {
  test("is to the letter what superjson makes of it", async () => {
    await fc.assert(
      fc.asyncProperty(ids, computedComparisons, fc.boolean(), async (id, comparison, cached) => {
        const answer = await encodeComparison(id, comparison, cached);
        expectSame(answer, describeComparison(id, comparison, true, cached));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same over many slices of bytes", async () => {
    const [peg] = comparisonOf(1).pegs;
    if (!peg) throw new Error("one PEG");
    const text = JSON.stringify({ values: Array.from({ length: 20_000 }, (_, i) => i / 7), 셀: "셀" });
    const large = { ...peg, n1Period: text, nPeriod: text };
    const pegs = Array.from({ length: 10 }, (_, i) => ({ ...large, pegName: `PEG ${i}` }));
    const comparison = { ...comparisonOf(1), pegs };
    const answer = await encodeComparison("a", comparison, true);
    expect(answer.trpc.byteLength).toBeGreaterThan(5 * 1024 * 1024);
    expectSame(answer, describeComparison("a", comparison, true, true));
  });

  test("without its metadata is what superjson makes of it without", async () => {
    await fc.assert(
      fc.asyncProperty(ids, computedComparisons, fc.boolean(), async (id, comparison, cached) => {
        const bare = withoutMetadata(await encodeComparison(id, comparison, cached));
        expectSame(bare, describeComparison(id, comparison, false, cached));
        expect(wireOf(bare)).not.toHaveProperty("meta");
      }),
      { numRuns: 500 },
    );
  });

  test("for whom it was computed says so, and nothing else differs", async () => {
    await fc.assert(
      fc.asyncProperty(ids, computedComparisons, fc.boolean(), async (id, comparison, includeMetadata) => {
        const whole = await encodeComparison(id, comparison, true);
        const cached = includeMetadata ? whole : withoutMetadata(whole);
        const computed = cached.asComputed();
        expectSame(computed, describeComparison(id, comparison, includeMetadata, false));
        expect(computed).toMatchObject({ cached: false, tag: cached.tag });
        expect(computed.asComputed().trpc.equals(computed.trpc)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("comes out of superjson with dates, and fits the contract", async () => {
    await fc.assert(
      fc.asyncProperty(ids, computedComparisons, async (id, comparison) => {
        const wire = wireOf(await encodeComparison(id, comparison, true));
        const read = superjson.deserialize<CompletedComparison>(
          wire as Parameters<typeof superjson.deserialize>[0],
        );
        expect(read).toEqual(describeComparison(id, comparison, true, true));
        expect(pegComparisonGetOutput.parse(read)).toEqual(read);
        expect(read.data.analysis_metadata?.calculated_at).toBeInstanceOf(Date);
        expect(read.data.analysis_metadata?.period_definition.n_end).toBeInstanceOf(Date);
        for (const { metadata } of read.data.peg_comparison_results) {
          if (metadata) expect(metadata.calculated_at).toBeInstanceOf(Date);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("holds the bare JSON that REST sends, to the byte", async () => {
    await fc.assert(
      fc.asyncProperty(ids, computedComparisons, fc.boolean(), async (id, comparison, includeMetadata) => {
        const whole = await encodeComparison(id, comparison, false);
        const answer = includeMetadata ? whole : withoutMetadata(whole);
        expect(answer.json.byteLength).toBe(answer.jsonBytes);
        const described = describeComparison(id, comparison, includeMetadata, false);
        expect(answer.json.toString("utf8")).toBe(JSON.stringify(described));
        const again = new EncodedAnswer(answer.trpc, answer.jsonBytes);
        expect(again.json.equals(answer.json)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("notes the dates of eleven PEGs in the order in which they stand", async () => {
    const [peg] = comparisonOf(1).pegs;
    if (!peg) throw new Error("one PEG");
    const metadata = { cell_id: "c", calculated_at: new Date(0), data_quality: "high" as const };
    const comparison = { ...comparisonOf(1), pegs: Array.from({ length: 11 }, () => ({ ...peg, metadata })) };
    const answer = await encodeComparison("a", comparison, true);
    expect(Object.keys(wireOf(answer).meta?.values ?? {})).toEqual([
      ...Array.from({ length: 11 }, (_, i) => `data.peg_comparison_results.${i}.metadata.calculated_at`),
      "data.analysis_metadata.calculated_at",
      ...Object.keys(PERIOD_INFO).map((end) => `data.analysis_metadata.period_definition.${end}`),
    ]);
  });
});

describe("a summary, encoded", () => {
  test("is to the letter what superjson makes of it, and fits the contract", () => {
    fc.assert(
      fc.property(ids, computedComparisons, fc.boolean(), (id, comparison, cached) => {
        const answer = encodeSummary(id, comparison, cached);
        const described = {
          success: true,
          data: {
            analysis_id: id,
            summary: comparison.summary,
            analysis_metadata: comparison.analysisMetadata,
          },
          processing_time: comparison.processingTime,
          cached,
          mcp_version: comparison.mcpVersion,
        };
        expectSame(answer, described);
        const read = superjson.deserialize(wireOf(answer) as Parameters<typeof superjson.deserialize>[0]);
        expect(pegComparisonSummaryOutput.parse(read)).toEqual(described);
      }),
      { numRuns: 300 },
    );
  });
});

describe("any answer, encoded", () => {
  const DATES = [
    "created_at",
    "updated_at",
    "period_info.n1_start",
    "period_info.n1_end",
    "period_info.n_start",
    "period_info.n_end",
  ];
  const analysis = (definitions: Record<string, object>) => ({
    id: "a",
    name: null,
    data_version: 1,
    rows: 1,
    pegs: 1,
    cells: 1,
    created_at: new Date(1),
    updated_at: new Date(2),
    period_info: PERIOD_INFO,
    request_params: { peg_definitions: definitions },
  });

  test("is what superjson makes of it, where superjson makes anything of it", () => {
    const names = strangeNames.filter((name) => !["constructor", "prototype", "__proto__"].includes(name));
    fc.assert(
      fc.property(
        fc.dictionary(names, fc.record({ weight: fc.integer({ min: 1, max: 10 }) }), { maxKeys: 4 }),
        (definitions) => {
          expectSame(encodeAnswer(analysis(definitions), DATES), analysis(definitions));
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each(["constructor", "prototype"])(
    "T17: carries a KPI with the name %s, which superjson refuses",
    (name) => {
      const described = analysis({ [name]: { weight: 3 } });
      expect(() => superjson.serialize(described)).toThrow();
      const read = superjson.deserialize(
        wireOf(encodeAnswer(described, DATES)) as Parameters<typeof superjson.deserialize>[0],
      );
      expect(analysisByIdOutput.parse(read)).toEqual(described);
    },
  );

  test("without a date has no note beside it", () => {
    expect(encodeAnswer({ a: 1 }, []).trpc.toString()).toBe('{"result":{"data":{"json":{"a":1}}}}');
  });
});
