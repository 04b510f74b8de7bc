import { z } from "zod";
import {
  analysisCreateHead,
  type analysisCreateInput,
  analysisReplaceHead,
  type analysisReplaceInput,
  MAX_ROWS,
  type StatsRow,
  statsRow,
} from "../contract/analysis.js";
import { breathe } from "../domain/analysis/sample-columns.js";

const ROWS_PER_SLICE = 5_000;
const MAX_ISSUES = 100;

const rows = z.array(statsRow);
/** Refuses what is no list of a size that is taken, before any row is looked at. */
const rowList = z.array(z.unknown()).min(1, "must hold at least one row").max(MAX_ROWS);

async function parseInSlices(list: readonly unknown[]): Promise<StatsRow[]> {
  const parsed: StatsRow[] = [];
  const issues: z.core.$ZodIssue[] = [];
  for (let start = 0; start < list.length && issues.length < MAX_ISSUES; start += ROWS_PER_SLICE) {
    await breathe();
    const slice = rows.safeParse(list.slice(start, start + ROWS_PER_SLICE));
    if (slice.success) {
      for (const row of slice.data) parsed.push(row);
      continue;
    }
    for (const issue of slice.error.issues) {
      const [place, ...rest] = issue.path;
      issues.push({ ...issue, path: ["stats", start + Number(place), ...rest] });
    }
  }
  if (issues.length) throw new z.ZodRealError(issues);
  return parsed;
}

/** A schema with raw data in it, applied in slices: half a million rows never hold the event loop. */
function sliced<TSchema extends z.ZodObject>(head: z.ZodObject): TSchema {
  const envelope = head.extend({ stats: rowList });
  const parser = {
    async parseAsync(value: unknown): Promise<unknown> {
      const { stats, ...rest } = (await envelope.parseAsync(value)) as { stats: unknown[] };
      return { ...rest, stats: await parseInSlices(stats) };
    },
  };
  return parser as unknown as TSchema;
}

export const slicedAnalysisCreateInput = sliced<typeof analysisCreateInput>(analysisCreateHead);
export const slicedAnalysisReplaceInput = sliced<typeof analysisReplaceInput>(analysisReplaceHead);
