import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import { analysisCreateInput } from "../contract/analysis.js";
import { CommandError } from "./command-error.js";
import { printable } from "./format-table.js";

const decompress = promisify(gunzip);
const GZIP_MAGIC = [0x1f, 0x8b];
/** Of a damaged file there is no use in naming every row. */
const MAX_PROBLEMS = 10;
const REASONS: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
};

/** An analysis in a file: the input of `analysis.create`, its id also as `analysis_id`. */
const analysisFile = z
  .record(z.string(), z.unknown())
  .transform(({ analysis_id, ...analysis }) => ({ id: analysis_id, ...analysis }));

export type AnalysisFile = z.input<typeof analysisCreateInput>;

/** One line a problem: the field, and what is wrong with it. */
function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${[...issue.path, key].join(".")}: is not a known field`);
  }
  const missing = issue.code === "invalid_type" && /received undefined$/.test(issue.message);
  const message = missing ? `is missing, ${issue.expected} expected` : issue.message;
  return [issue.path.length ? `${issue.path.join(".")}: ${message}` : message];
}

/**
 * Reads an analysis from JSON, gzipped or not.
 *
 * @throws CommandError naming the file and every field that does not fit
 */
export async function readAnalysisFile(path: string): Promise<AnalysisFile> {
  const raw = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `${path} cannot be read: ${REASONS[error.code ?? ""] ?? error.code ?? error.message}`,
    );
  });
  const gzipped = GZIP_MAGIC.every((byte, i) => raw[i] === byte);
  let value: unknown;
  try {
    const text = gzipped ? await decompress(raw) : raw;
    value = JSON.parse(text.toString("utf8"));
  } catch {
    throw new CommandError(`${path} is not JSON, nor gzipped JSON`);
  }
  const shaped = analysisFile.safeParse(value);
  const parsed = shaped.success ? analysisCreateInput.safeParse(shaped.data) : shaped;
  if (parsed.success) return shaped.data as AnalysisFile;
  const problems = parsed.error.issues.flatMap(describeIssue).map((problem) => `  - ${printable(problem)}`);
  const more = problems.length > MAX_PROBLEMS ? [`  and ${problems.length - MAX_PROBLEMS} more`] : [];
  throw new CommandError(
    [`${path} does not hold an analysis:`, ...problems.slice(0, MAX_PROBLEMS), ...more].join("\n"),
  );
}
