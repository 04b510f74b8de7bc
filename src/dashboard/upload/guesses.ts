import type { PegDefinitions } from "../../contract/analysis.js";
import { isNumber } from "../../contract/csv-numbers.js";
import { isLabel } from "../../contract/labels.js";
import type { Mapping, Opened, Overview, Spans } from "./protocol.js";

/** How a column is called: all of its name, or the words that it begins with. */
interface Names {
  whole: RegExp;
  beginning: RegExp;
}

// After the beginning its word ends: Timeout_Rate is no time, and Cellular no cell.
const TIME_NAMES: Names = {
  whole:
    /^((period|begin|start|측정|수집)?[\s_.-]*(time|date|timestamp|datetime|일시|시간|시각|날짜)|begin|start)[\s_.-]*(stamp|utc)?$/i,
  beginning:
    /^(time|timestamp|date|datetime|begin|start|period[\s_.-]*start|일시|시간|시각|날짜)(?![\p{L}\p{N}])/iu,
};
const CELL_NAMES: Names = {
  whole:
    /^(cell|eci|nci|n?cgi|ecgi|sector|site|셀)[\s_.-]*(id|no|num|number|name|index|identity|code|명|이름|번호)?\.?$/i,
  beginning: /^(cell|eci|nci|n?cgi|ecgi|sector|site|셀)(?![\p{L}\p{N}])/iu,
};
const MISSING = /^(|-|nan|none|null)$/i;
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** What the columns of a file probably are: by their names, and by whether they hold numbers. */
export function guessMapping({ header, preview, delimiter }: Extract<Opened, { kind: "csv" }>): Mapping {
  const valuesOf = (name: string) => preview.map((line) => line[header.indexOf(name)]?.trim() ?? "");
  const isTime = (name: string) => valuesOf(name).some((text) => /^\d{4}-\d{2}-\d{2}/.test(text));
  const isNumeric = (name: string) =>
    valuesOf(name).every((text) => MISSING.test(text) || isNumber(text, delimiter));
  const named = header.filter(isLabel);
  const whole = named.filter((name) => TIME_NAMES.whole.test(name));
  const begun = named.filter((name) => TIME_NAMES.beginning.test(name));
  const time =
    whole.find(isTime) ??
    whole[0] ??
    begun.find(isTime) ??
    begun.find((name) => !isNumeric(name)) ??
    named.find(isTime) ??
    "";
  const others = named.filter((name) => name !== time);
  const cell =
    others.find((name) => CELL_NAMES.whole.test(name)) ??
    // A number that begins with the word is rather one of its KPIs.
    others.find((name) => CELL_NAMES.beginning.test(name) && !isNumeric(name)) ??
    "";
  // A name that stands twice tells no column.
  const kpis = others.filter(
    (name) => name !== cell && header.indexOf(name) === header.lastIndexOf(name) && isNumeric(name),
  );
  const definitions: PegDefinitions = Object.fromEntries(kpis.map((name) => [name, {}]));
  return { time, cell, oneCell: "ALL", definitions };
}

/** The first and the second half of the time, cut at the end of a day where there are days to cut at. */
export function guessSpans({ start, end }: Overview): Spans {
  const middle = (start.getTime() + end.getTime()) / 2;
  const midnight = Math.round(middle / DAY_MS) * DAY_MS;
  const cut = midnight > start.getTime() && midnight < end.getTime() ? midnight : middle;
  const second = (time: number) => new Date(Math.floor(time / SECOND_MS) * SECOND_MS);
  return {
    before: { start, end: new Date(second(cut).getTime() - SECOND_MS) },
    after: { start: second(cut), end },
  };
}
