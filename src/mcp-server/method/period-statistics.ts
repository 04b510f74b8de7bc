import type { z } from "zod";
import type { periodStatistics } from "../../contract/comparison.js";
import { momentsOf } from "./moments.js";
import { outliersOf, replaceOutliers } from "./outliers.js";
import { type Samples, sortedValues } from "./samples.js";

export type PeriodStatistics = z.infer<typeof periodStatistics>;
export type OutlierPolicy = "keep" | "median";

/**
 * One period of one PEG. Outliers are counted among the samples as measured; "median" then replaces them, and
 * `values`, `avg` and `rsd` are of what replaced them.
 */
export function periodStatisticsOf(samples: Samples, policy: OutlierPolicy): PeriodStatistics {
  const outliers = outliersOf(samples.values, sortedValues(samples));
  const replace = policy === "median" && outliers.count > 0;
  const values = replace ? replaceOutliers(samples.values, outliers) : samples.values;
  const { mean, rsd } = momentsOf(values);
  return {
    avg: mean,
    rsd,
    values,
    count: values.length,
    missing: samples.missing,
    ...(samples.dropped !== undefined && { dropped: samples.dropped }),
    outliers: outliers.count,
  };
}
