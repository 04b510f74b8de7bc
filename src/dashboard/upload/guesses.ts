import type { PegDefinitions } from "../../contract/analysis.js";
import type { Mapping, Opened, Overview, Spans } from "./protocol.js";

const TIME_NAMES = /^(time|timestamp|date|datetime|begin|start|period_start|일시|시간|날짜)/i;
const CELL_NAMES = /^(cell|cell_id|cellid|eci|nci|cgi|ecgi|sector|site|셀)/i;
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;

/** What the columns of a file probably are: by their names, and by whether they hold numbers. */
export function guessMapping({ header, preview }: Extract<Opened, { kind: "csv" }>): Mapping {
  const isTime = (column: number) =>
    preview.some((line) => /^\d{4}-\d{2}-\d{2}/.test(line[column]?.trim() ?? ""));
  const time =
    header.find((name) => TIME_NAMES.test(name.trim())) ?? header.find((_, column) => isTime(column)) ?? "";
  const cell = header.find((name) => name !== time && CELL_NAMES.test(name.trim())) ?? "";
  const definitions: PegDefinitions = {};
  for (const [column, name] of header.entries()) {
    if (name === time || name === cell) continue;
    const values = preview.map((line) => line[column]?.trim() ?? "").filter((text) => text !== "");
    if (values.every((text) => Number.isFinite(Number(text)) || /^(-|nan|none|null)$/i.test(text))) {
      definitions[name] = {};
    }
  }
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
