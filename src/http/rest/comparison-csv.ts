import { setImmediate as breathe } from "node:timers/promises";
import { type Options, stringify } from "csv-stringify/sync";
import { z } from "zod";
import { comparisonData } from "../../contract/comparison.js";

const answer = z.object({ data: comparisonData.pick({ peg_comparison_results: true }) });
type Peg = z.infer<typeof answer>["data"]["peg_comparison_results"][number];

const COLUMNS: Record<string, (peg: Peg) => string | number | undefined> = {
  peg_name: (peg) => peg.peg_name,
  weight: (peg) => peg.weight,
  n1_avg: (peg) => peg.n1_period.avg,
  n1_rsd: (peg) => peg.n1_period.rsd,
  n1_count: (peg) => peg.n1_period.count,
  n_avg: (peg) => peg.n_period.avg,
  n_rsd: (peg) => peg.n_period.rsd,
  n_count: (peg) => peg.n_period.count,
  change_absolute: (peg) => peg.comparison.change_absolute,
  change_percent: (peg) => peg.comparison.change_percent,
  trend: (peg) => peg.comparison.trend,
  significance: (peg) => peg.comparison.significance,
  confidence: (peg) => peg.comparison.confidence,
  data_quality: (peg) => peg.metadata?.data_quality,
  note: (peg) => peg.comparison.note,
};

/** PEGs written between two breaths: a few milliseconds. */
const PEGS_PER_SLICE = 500;

const FORMAT: Options = { record_delimiter: "\r\n", escape_formulas: true };

/**
 * A comparison as a table of its PEGs, a line each: RFC 4180, UTF-8 with a byte order mark, without which
 * spreadsheets misread names that are not ASCII. Text that they would take for a formula is put behind an apostrophe.
 *
 * Others have their turn while it is written.
 *
 * @param json the answer of `pegComparison.get`
 */
export async function comparisonCsv(json: Uint8Array): Promise<Uint8Array> {
  const pegs = readAnswer(json).data.peg_comparison_results;
  const columns = Object.values(COLUMNS);
  const slices = [stringify([Object.keys(COLUMNS)], { ...FORMAT, bom: true })];
  for (let from = 0; from < pegs.length; from += PEGS_PER_SLICE) {
    if (from > 0) await breathe();
    const slice = pegs.slice(from, from + PEGS_PER_SLICE);
    slices.push(
      stringify(
        slice.map((peg) => columns.map((column) => column(peg))),
        FORMAT,
      ),
    );
  }
  return Buffer.from(slices.join(""));
}

/** It was checked when it was encoded. */
function readAnswer(json: Uint8Array): z.infer<typeof answer> {
  return JSON.parse(Buffer.from(json).toString("utf8")) as z.infer<typeof answer>;
}
