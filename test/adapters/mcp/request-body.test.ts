import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyStream, buildRequestBody } from "../../../src/adapters/mcp/request-body.js";
import { mcpRequest } from "../../../src/contract/mcp-protocol.js";
import { type RawData, SUSPECT, unpackSeries } from "../../../src/domain/analysis/raw-data.js";
import { packSeries, rawData } from "./fixtures.js";

const build = async (data: RawData, signal?: AbortSignal) => {
  const body = await buildRequestBody({ analysisId: "a:1", data, algorithmVersion: "v2.1.0" }, signal);
  const bytes = Buffer.concat(body.chunks);
  expect(bytes).toHaveLength(body.length);
  return { body, value: JSON.parse(bytes.toString()) };
};

describe("buildRequestBody", () => {
  it("writes the protocol's request", async () => {
    const { value } = await build(rawData());
    expect(value).toEqual({
      analysis_id: "a:1",
      raw_data: {
        stats: [97, 97.1, 97.2, 99, 99.1, 99.2].map((avg, i) => ({
          kpi_name: "PEG_0",
          period: i < 3 ? "N-1" : "N",
          avg,
          cell_id: "CELL-SECRET-7",
        })),
        peg_definitions: { PEG_0: { weight: 5 } },
        period_info: {
          n1_start: "2024-01-01T00:00:00.000Z",
          n1_end: "2024-01-07T23:59:59.000Z",
          n_start: "2024-01-08T00:00:00.000Z",
          n_end: "2024-01-14T23:59:59.000Z",
        },
      },
      options: { include_metadata: true, cache_ttl: 3600, algorithm_version: "v2.1.0" },
    });
    expect(mcpRequest.safeParse(value).success).toBe(true);
  });

  it("writes null for a missing value, and a timestamp only where there is one", async () => {
    const [first, ...rest] = unpackSeries(rawData().series);
    if (!first) throw new Error("no series");
    first.values[1] = Number.NaN;
    const times = Float64Array.from([Date.UTC(2024, 0, 1), Number.NaN, Date.UTC(2024, 0, 1, 1)]);
    const data = { ...rawData(), series: packSeries([{ ...first, times }, ...rest]) };
    const { stats } = (await build(data)).value.raw_data;
    expect(stats.slice(0, 3)).toEqual([
      {
        kpi_name: "PEG_0",
        period: "N-1",
        avg: 97,
        cell_id: "CELL-SECRET-7",
        timestamp: "2024-01-01T00:00:00.000Z",
      },
      { kpi_name: "PEG_0", period: "N-1", avg: null, cell_id: "CELL-SECRET-7" },
      {
        kpi_name: "PEG_0",
        period: "N-1",
        avg: 97.2,
        cell_id: "CELL-SECRET-7",
        timestamp: "2024-01-01T01:00:00.000Z",
      },
    ]);
  });

  it("flags a sample that is suspect, and names its cell", async () => {
    const data = rawData();
    data.series.cells.set([SUSPECT], 1);
    const { stats } = (await build(data)).value.raw_data;
    expect(
      stats.map(({ cell_id, suspect }: { cell_id: string; suspect?: boolean }) => [cell_id, suspect]),
    ).toEqual([0, 1, 2, 3, 4, 5].map((i) => ["CELL-SECRET-7", i === 1 ? true : undefined]));
  });

  it("writes any names and any finite numbers so that they read back the same", async () => {
    const double = fc.double({ noDefaultInfinity: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        fc.array(double),
        async (kpi, cell, values) => {
          const series = {
            kpiName: kpi,
            period: "N" as const,
            values: Float64Array.from(values),
            cells: new Uint32Array(values.length),
          };
          const { value } = await build({ ...rawData(), cells: [cell], series: packSeries([series]) });
          // -0 is 0 in JSON.
          expect(value.raw_data.stats).toEqual(
            values.map((avg) => ({ kpi_name: kpi, period: "N", avg: avg === 0 ? 0 : avg, cell_id: cell })),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps the order over slices, and series without samples leave nothing", async () => {
    const values = Float64Array.from({ length: 2_500 }, (_, i) => i);
    const empty = {
      kpiName: "E",
      period: "N" as const,
      values: new Float64Array(0),
      cells: new Uint32Array(0),
    };
    const long = { kpiName: "L", period: "N" as const, values, cells: new Uint32Array(values.length) };
    const { value } = await build({ ...rawData(), series: packSeries([empty, long, empty, long]) });
    const numbers = value.raw_data.stats.map(({ avg }: { avg: number }) => avg);
    expect(numbers).toEqual([...values, ...values]);
  });

  it("refuses a sample of a cell that is not in the list", async () => {
    await expect(build({ ...rawData(), cells: [] })).rejects.toThrow(RangeError);
  });

  it("stops when its caller leaves", async () => {
    const values = new Float64Array(300_000);
    const series = { kpiName: "L", period: "N" as const, values, cells: new Uint32Array(values.length) };
    const caller = new AbortController();
    const building = build({ ...rawData(), series: packSeries([series]) }, caller.signal);
    setImmediate(() => caller.abort(new Error("caller left")));
    await expect(building).rejects.toThrow("caller left");
  });

  it("can be streamed as often as it takes", async () => {
    const { body, value } = await build(rawData());
    for (let i = 0; i < 2; i++) {
      const parts: Uint8Array[] = [];
      for await (const part of bodyStream(body)) parts.push(part);
      expect(JSON.parse(Buffer.concat(parts).toString())).toEqual(value);
    }
  });
});
