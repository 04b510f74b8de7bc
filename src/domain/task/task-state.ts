import { and, desc, eq, sql } from "drizzle-orm";
import { type PegComparisonStatusOutput, taskId } from "../../contract/comparison.js";
import { ERROR_CODES, type ErrorCode } from "../../contract/errors.js";
import { tell } from "../../contract/translate.js";
import { type Language, verbatim } from "../../contract/words.js";
import type { Database } from "../../db/open.js";
import { analysisResults, pegComparisonTasks } from "../../db/schema.js";
import { PegError } from "../errors.js";

export type TaskRow = typeof pegComparisonTasks.$inferSelect;

/**
 * A task of an analysis: the one that is named, else the newest of the data as it is now, else of any. Whoever asked
 * while the data moved may have begun one of what it was, later than the one that counts.
 */
export async function readTask(
  db: Database,
  analysisId: string,
  named: string | undefined,
): Promise<TaskRow | undefined> {
  // The database would refuse it as no UUID at all.
  if (named !== undefined && !taskId.safeParse(named).success) return undefined;
  const ofAnalysis = eq(pegComparisonTasks.analysisId, analysisId);
  const isCurrent = sql`(${pegComparisonTasks.revision} = (select ${analysisResults.revision} from ${analysisResults}
    where ${analysisResults.id} = ${pegComparisonTasks.analysisId}))`;
  const [row] = await db
    .select()
    .from(pegComparisonTasks)
    .where(named === undefined ? ofAnalysis : and(ofAnalysis, eq(pegComparisonTasks.id, named)))
    .orderBy(desc(isCurrent), desc(pegComparisonTasks.createdAt), desc(pegComparisonTasks.id))
    .limit(1);
  return row;
}

export function taskNotFound(): PegError {
  return new PegError(
    "TASK_NOT_FOUND",
    "There is no such task. Ask for the comparison with `async: true` to start one.",
  );
}

export function isFinished({ status }: Pick<TaskRow, "status">): boolean {
  return status === "COMPLETED" || status === "FAILED";
}

/** The error that a task ended with, as a caller may see it. */
export function taskError(row: Pick<TaskRow, "errorCode" | "errorMessage" | "errorDetails">): PegError {
  const code = ERROR_CODES.find((known) => known === row.errorCode) ?? ("INTERNAL_ERROR" satisfies ErrorCode);
  const { details, retryAfter } = row.errorDetails ?? {};
  return new PegError(code, verbatim(row.errorMessage ?? "The comparison failed."), {
    details: details?.map(({ path, message }) => ({ path, message: verbatim(message) })),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

/** What `status` tells. @param now by which it is seen whether what was expected still is, ms since 1970 */
export function describeTask(row: TaskRow, language: Language, now: number): PegComparisonStatusOutput {
  const { estimatedCompletion } = row;
  const isOverdue = !isFinished(row) && estimatedCompletion !== null && estimatedCompletion.getTime() <= now;
  const state = {
    success: true as const,
    task_id: row.id,
    status: row.status,
    progress: row.progress,
    estimated_completion: isOverdue ? null : estimatedCompletion,
  };
  if (row.status !== "FAILED") return state;
  const { code, words, detailWords } = taskError(row);
  const told = detailWords?.map(({ path, message }) => ({ path, message: tell(message, language) }));
  const error = { code, message: tell(words, language), ...(told?.length && { details: told }) };
  return { ...state, error };
}
