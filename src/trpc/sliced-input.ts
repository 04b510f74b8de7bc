import { z } from "zod";
import {
  analysisCreateHead,
  type analysisCreateInput,
  analysisReplaceHead,
  type analysisReplaceInput,
  MAX_DEFINITION_VALUES,
  MAX_ROWS,
  type StatsRow,
  statsRow,
} from "../contract/analysis.js";
import { fill, inEnglish, type Message, type PlainText } from "../contract/words.js";
import { breathe } from "../domain/breathe.js";

const ROWS_PER_SLICE = 5_000;
const MAX_ISSUES = 100;

const rows = z.array(statsRow);
/** The rows are looked at in slices, later. */
const rowList = z
  .custom<unknown[]>(Array.isArray, "must be a list" satisfies PlainText)
  .refine((list) => list.length > 0, {
    error: "must hold at least one row" satisfies PlainText,
  });

function refuse(path: string[], words: Message): never {
  const message = inEnglish(words);
  throw new z.ZodRealError([{ code: "custom", path, message, input: undefined }]);
}

/** Whether there are more values in it, at any depth, than are taken. */
function holdsMoreThan(limit: number, value: unknown): boolean {
  const open: unknown[] = [value];
  for (let seen = 0; open.length; seen++) {
    if (seen + open.length > limit) return true;
    const next = open.pop();
    // Not spread: a list may be longer than a call has room for arguments.
    if (typeof next === "object" && next !== null)
      // By its values: to go by the keys of a list, as texts, takes twenty times as long.
      for (const item of Array.isArray(next) ? next : Object.values(next)) open.push(item);
    if (open.length > limit) return true;
  }
  return false;
}

/** Refuses by size alone, before a schema walks what is there. */
function refuseOversize(value: unknown): void {
  const { stats, request_params } = (value ?? {}) as { stats?: unknown; request_params?: unknown };
  if (Array.isArray(stats) && stats.length > MAX_ROWS)
    refuse(["stats"], fill("must hold at most {max} rows", { max: MAX_ROWS }));
  if (holdsMoreThan(MAX_DEFINITION_VALUES, request_params)) {
    refuse(["request_params"], fill("must hold at most {max} values", { max: MAX_DEFINITION_VALUES }));
  }
}

async function parseInSlices(list: unknown[]): Promise<StatsRow[]> {
  const parsed: StatsRow[] = [];
  const issues: z.core.$ZodIssue[] = [];
  for (let start = 0; start < list.length && issues.length < MAX_ISSUES; start += ROWS_PER_SLICE) {
    await breathe();
    const slice = rows.safeParse(list.slice(start, start + ROWS_PER_SLICE));
    if (slice.success) {
      for (const row of slice.data) parsed.push(row);
      // What is read is let go: half a million rows need not be there twice.
      list.fill(undefined, start, start + ROWS_PER_SLICE);
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
      refuseOversize(value);
      const { stats, ...rest } = (await envelope.parseAsync(value)) as { stats: unknown[] };
      return { ...rest, stats: await parseInSlices(stats) };
    },
  };
  return parser as unknown as TSchema;
}

export const slicedAnalysisCreateInput = sliced<typeof analysisCreateInput>(analysisCreateHead);
export const slicedAnalysisReplaceInput = sliced<typeof analysisReplaceInput>(analysisReplaceHead);
