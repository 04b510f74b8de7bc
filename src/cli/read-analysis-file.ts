import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import { analysisCreateInput } from "../contract/analysis.js";
import { issueWords } from "../contract/issue-words.js";
import { CommandError } from "./command-error.js";
import { decodeText } from "./decode-text.js";
import { printable } from "./format-table.js";
import type { Say } from "./words.js";

const decompress = promisify(gunzip);
const GZIP_MAGIC = [0x1f, 0x8b];
/** Of a damaged file there is no use in naming every row. */
const MAX_PROBLEMS = 10;
const REASONS = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "you may not read it",
} as const;

/** Why a file cannot be read, by the code of the failure. */
export function unreadable(path: string, code: string | undefined): CommandError {
  return new CommandError((say) => {
    const known = code !== undefined && code in REASONS ? say(REASONS[code as keyof typeof REASONS]) : code;
    return say("{file} cannot be read: {reason}", { file: path, reason: known ?? say("unknown reason") });
  });
}

/** An analysis in a file: the input of `analysis.create`, its id also as `analysis_id`. */
const analysisFile = z
  .record(z.string(), z.unknown())
  .transform(({ analysis_id, ...analysis }) => ({ id: analysis_id, ...analysis }));

export type AnalysisFile = z.input<typeof analysisCreateInput>;

/** One line a problem, as many as are of use: the field, and what is wrong with it. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], say: Say): string[] {
  const problems = issues.flatMap((issue) => {
    const places = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    return places.map((key) => {
      const path = [...issue.path, ...(key === undefined ? [] : [key])].join(".");
      return `  - ${printable(`${path ? `${path}: ` : ""}${say.told(issueWords(issue))}`)}`;
    });
  });
  const more = problems.length - MAX_PROBLEMS;
  return [
    ...problems.slice(0, MAX_PROBLEMS),
    ...(more > 0 ? [`  ${say("and {count} more", { count: more })}`] : []),
  ];
}

/**
 * Reads an analysis from JSON, gzipped or not.
 *
 * @throws CommandError naming the file and every field that does not fit
 */
export async function readAnalysisFile(path: string): Promise<AnalysisFile> {
  const raw = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(path, error.code ?? error.message);
  });
  const gzipped = GZIP_MAGIC.every((byte, i) => raw[i] === byte);
  let value: unknown;
  try {
    value = JSON.parse(await decodeText(path, gzipped ? await decompress(raw) : raw));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError((say) => say("{file} is not JSON, nor gzipped JSON", { file: path }));
  }
  const shaped = analysisFile.safeParse(value);
  const parsed = shaped.success ? analysisCreateInput.safeParse(shaped.data) : shaped;
  if (parsed.success) return shaped.data as AnalysisFile;
  const { issues } = parsed.error;
  throw new CommandError((say) =>
    [say("{file} does not hold an analysis:", { file: path }), ...describeIssues(issues, say)].join("\n"),
  );
}
