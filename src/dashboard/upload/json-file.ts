import { parse as locate } from "@humanwhocodes/momoa";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import type { Opened } from "./protocol.js";
import { Refused } from "./refused.js";

/** Where a text ceases to be JSON. Browsers do not tell; this reads it once more, with an eye on lines. */
function placeOfFault(text: string): { line: number; column: number } | undefined {
  try {
    locate(text);
    return undefined;
  } catch (error) {
    const { line, column } = error as { line?: number; column?: number };
    return line === undefined || column === undefined ? undefined : { line, column };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const place = placeOfFault(text);
    throw new Refused(
      (say) => say("The file is not JSON."),
      place
        ? [
            (say) => ({
              place: say("line {line}, column {column}", place),
              text: say(
                "Here something else is expected: a quote, a comma or a bracket is missing or too much.",
              ),
            }),
          ]
        : [],
    );
  }
}

/**
 * Reads an analysis from JSON. What its fields hold is checked by the server, which names each that does not fit.
 *
 * @throws Refused where the text is no JSON, or no analysis
 */
export function openJson(text: string): { analysis: AnalysisCreateInput; opened: Opened } {
  const value = parse(text);
  const { analysis_id, ...rest } = Object(value) as Record<string, unknown>;
  if (!Array.isArray(rest.stats) || typeof rest.period_info !== "object") {
    throw new Refused((say) =>
      say("The file holds no analysis: an object with stats, request_params and period_info."),
    );
  }
  const analysis = {
    ...(analysis_id === undefined ? {} : { id: analysis_id }),
    ...rest,
  } as AnalysisCreateInput;
  const distinct = (field: "kpi_name" | "cell_id") => new Set(analysis.stats.map((row) => row?.[field])).size;
  return {
    analysis,
    opened: {
      kind: "json",
      name: String(analysis.name ?? analysis.id ?? ""),
      rows: analysis.stats.length,
      pegs: distinct("kpi_name"),
      cells: distinct("cell_id"),
    },
  };
}
