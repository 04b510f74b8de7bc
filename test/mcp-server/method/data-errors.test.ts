import { describe, expect, test } from "vitest";
import { compare } from "../../../src/mcp-server/method/compare.js";
import { DataError } from "../../../src/mcp-server/method/data-error.js";
import { fixedClock, request, rows } from "../analysis-request.js";

const run = (...args: Parameters<typeof request>) => compare(request(...args), fixedClock());

function failure(attempt: () => unknown): DataError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error("did not fail");
}

describe("data that cannot be compared", () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "holds %d, and the row is named",
    (avg) => {
      const error = failure(() => run([...rows("A", [1], [2]), ...rows("B", [1, avg], [1])]));
      expect(error).toMatchObject({
        code: "DATA_VALIDATION_ERROR",
        message: "the raw data holds numbers that are not finite",
        details: [{ path: "raw_data.stats.3.avg", message: "must be a finite number or null" }],
      });
    },
  );

  test("names at most 20 rows", () => {
    const stats = rows("A", new Array(1000).fill(Number.NaN), [1]);
    expect(failure(() => run(stats)).details).toHaveLength(20);
  });

  test("has no PEG with samples in both periods, and each is named", () => {
    expect(failure(() => run([...rows("A", [1], []), ...rows("B", [], [1])]))).toMatchObject({
      code: "DATA_VALIDATION_ERROR",
      message: "no PEG can be compared",
      details: [
        { path: "raw_data.stats", message: 'PEG "A": no samples in period N' },
        { path: "raw_data.stats", message: 'PEG "B": no samples in period N-1' },
      ],
    });
    expect(failure(() => run([])).details).toEqual([]);
  });
});
