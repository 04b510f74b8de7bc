import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { requestParams } from "../contract/analysis.js";
import { CommandError } from "./command-error.js";
import { decodeText } from "./decode-text.js";
import { createProgressBar } from "./progress-bar.js";
import { type AnalysisFile, describeIssues, readAnalysisFile } from "./read-analysis-file.js";
import { parseTimeRange, readCsv } from "./read-csv.js";
import type { Say } from "./words.js";

/** What a file may not tell by itself. */
export interface FileOptions {
  n1?: string;
  n?: string;
  definitions?: string;
}

/** Adds the options that `readAnyAnalysis` reads. */
export function withFileOptions(command: Command, say: Say): Command {
  return command
    .option(
      "--n1 <start/end>",
      say(
        "of a CSV file: the period before the change, both ends included; an end without a time is that of its day, in UTC",
      ),
    )
    .option("--n <start/end>", say("of a CSV file: the period after it"))
    .option(
      "--definitions <file>",
      say("JSON with peg_definitions (weights, directions, formulas) and the time_zone of the cells"),
    );
}

/** What a file of definitions tells of an analysis; the time zone only where it holds one. */
type Definitions = Pick<AnalysisFile["request_params"], "peg_definitions" | "time_zone">;

const tellsOf = ({ peg_definitions, time_zone }: Definitions): Definitions =>
  time_zone === undefined ? { peg_definitions } : { peg_definitions, time_zone };

/** A file of definitions: the map itself, or an analysis or its `request_params` with the map inside. */
async function readDefinitions(path: string): Promise<Definitions> {
  const bytes = await readFile(path).catch(() => {
    throw new CommandError((say) => say("--definitions {file}: cannot be read", { file: path }));
  });
  const text = await decodeText(path, bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CommandError((say) => say("--definitions {file} is not JSON", { file: path }));
  }
  const analysis = z.looseObject({ request_params: requestParams }).safeParse(value);
  if (analysis.success) return tellsOf(analysis.data.request_params);
  const wrapped = z.looseObject({ peg_definitions: z.unknown() }).safeParse(value);
  const definitions = requestParams.safeParse(
    wrapped.success && wrapped.data.peg_definitions !== undefined ? value : { peg_definitions: value },
  );
  if (definitions.success) return tellsOf(definitions.data);
  const { issues } = definitions.error;
  throw new CommandError((say) =>
    [say("--definitions {file} does not fit:", { file: path }), ...describeIssues(issues, say)].join("\n"),
  );
}

async function readCsvAnalysis(file: string, options: FileOptions, say: Say): Promise<AnalysisFile> {
  if (options.n1 === undefined || options.n === undefined) {
    throw new CommandError((say) =>
      say("A CSV file does not tell its periods: give --n1 START/END and --n START/END"),
    );
  }
  const periods = { "N-1": parseTimeRange("--n1", options.n1), N: parseTimeRange("--n", options.n) };
  const definitions =
    options.definitions === undefined ? { peg_definitions: {} } : await readDefinitions(options.definitions);
  const bar = createProgressBar(process.stderr);
  const read = await readCsv(file, periods, (done, size) => bar.update(done, size, say("read"))).finally(() =>
    bar.end(),
  );
  const { lines, outside, missing } = read;
  const counts = { lines, outside, missing };
  process.stderr.write(
    `${say("{lines} lines, {outside} outside of both periods, {missing} missing values", counts)}\n`,
  );
  if (periods["N-1"].end >= periods.N.start && periods.N.end >= periods["N-1"].start)
    process.stderr.write(
      `${say("The two periods overlap: what lies in both counts in both. Both ends belong to a period.")}\n`,
    );
  return {
    stats: read.stats,
    request_params: definitions,
    period_info: {
      n1_start: periods["N-1"].start,
      n1_end: periods["N-1"].end,
      n_start: periods.N.start,
      n_end: periods.N.end,
    },
  };
}

/**
 * Reads an analysis from JSON or, by its name, from CSV.
 *
 * @throws CommandError
 */
export async function readAnyAnalysis(file: string, options: FileOptions, say: Say): Promise<AnalysisFile> {
  if (/\.(csv|tsv|txt)(\.gz)?$/i.test(file)) return readCsvAnalysis(file, options, say);
  if (options.n1 !== undefined || options.n !== undefined) {
    throw new CommandError((say) =>
      say("--n1 and --n belong to a CSV file, whose name ends in .csv, .tsv or .txt, gzipped or not"),
    );
  }
  const analysis = await readAnalysisFile(file);
  if (options.definitions === undefined) return analysis;
  const given = await readDefinitions(options.definitions);
  return { ...analysis, request_params: { ...analysis.request_params, ...given } };
}
