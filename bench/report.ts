import { table } from "table";
import { BATCH_FORM, FORMS, SINGLE } from "./requests.js";
import type { Cell, Sample, Samples } from "./rounds.js";
import { median, medianOf, medianRatio, spread } from "./statistics.js";

/** What came out of one cell, over all rounds. */
export interface Row {
  pegs: number;
  server: string;
  form: string;
  callsPerSecond: number;
  spread: number;
  toBaseline: number;
  toPlain: number;
  toBare: number;
  cpuMs: number | undefined;
  busy: number | undefined;
}

interface Target {
  pegs: number;
  form: string;
  name: string;
  of: "toBaseline" | "toPlain";
  atLeast: number;
}

/** What is promised of a cached `get`. */
export const TARGETS: readonly Target[] = [
  ...FORMS.flatMap(({ name: form }): Target[] =>
    [15, 500].map((pegs) => ({
      pegs,
      form,
      name: "node:http with all duties",
      of: "toBaseline",
      atLeast: pegs === 15 ? 0.8 : 0.9,
    })),
  ),
  { pegs: 15, form: "tRPC", name: "the plain build", of: "toPlain", atLeast: 10 },
  { pegs: 500, form: "tRPC", name: "the plain build", of: "toPlain", atLeast: 150 },
  { pegs: 15, form: BATCH_FORM.name, name: "single calls of the plain build", of: "toPlain", atLeast: 3 },
  { pegs: 500, form: BATCH_FORM.name, name: "single calls of the plain build", of: "toPlain", atLeast: 3 },
];

export interface Verdict {
  text: string;
  pass: boolean;
}

function rates(samples: readonly Sample[] | undefined): number[] {
  return (samples ?? []).map(({ callsPerSecond }) => callsPerSecond);
}

/** Medians and ratios of all cells. */
export function summarize(samples: Samples): Row[] {
  return [...samples].map(([cell, own]): Row => {
    const { asked, contender, form } = cell;
    const other = (name: string, asOf: string) => {
      const found = [...samples.keys()].find(
        (key: Cell) => key.asked === asked && key.contender.name === name && key.form.name === asOf,
      );
      return rates(found && samples.get(found));
    };
    const values = rates(own);
    return {
      pegs: asked.pegs,
      server: contender.name,
      form: form.name,
      callsPerSecond: median(values),
      spread: spread(values),
      toBaseline: medianRatio(values, other("baseline", form.beside ?? form.name)),
      toPlain: medianRatio(values, other("plain", SINGLE.name)),
      toBare: medianRatio(values, other("bare", SINGLE.name)),
      cpuMs: medianOf(own, ({ cpuMs }) => cpuMs),
      busy: medianOf(own, ({ busy }) => busy),
    };
  });
}

/** Whether the targets are met. */
export function judge(rows: readonly Row[]): Verdict[] {
  return TARGETS.map(({ pegs, form, name, of, atLeast }) => {
    const found = rows.find((row) => row.pegs === pegs && row.server === "ours" && row.form === form);
    const ratio = found?.[of] ?? Number.NaN;
    const pass = ratio >= atLeast;
    const text = `${pass ? "PASS" : "MISS"}  ${pegs} PEGs, ${form}: ${ratio.toFixed(2)} times ${name}, asked for at least ${atLeast}`;
    return { text, pass };
  });
}

const LABELS: Record<string, string> = {
  bare: "bare: node:http, bytes from memory",
  baseline: "baseline: node:http, all duties",
  plain: "plain build: tRPC, superjson, zod",
};

/** How to read the table. */
export const LEGEND = `Ratios are of calls/s, the median of those within each round; spread is from least to most, of the median.
CPU ms: processor time of the server a call. busy: the share of the time that the server ran; well below 100 %,
the load's core was the limit (or the machine had other work), and CPU ms tells more than calls/s.
`;

/** The rows as people read them. */
export function formatRows(rows: readonly Row[]): string {
  const percent = (value: number | undefined) => (value === undefined ? "" : `${Math.round(value * 100)} %`);
  const ratio = (value: number) =>
    value >= 10 ? value.toFixed(0) : value >= 0.01 ? value.toFixed(2) : value.toPrecision(1);
  const head = [
    "PEGs",
    "server",
    "asked",
    "calls/s",
    "spread",
    "to baseline",
    "to plain",
    "to bare",
    "CPU ms",
    "busy",
  ];
  const lines = rows.map((row) => [
    String(row.pegs),
    LABELS[row.server] ?? row.server,
    row.form,
    row.callsPerSecond.toFixed(row.callsPerSecond < 100 ? 1 : 0),
    percent(row.spread),
    ratio(row.toBaseline),
    ratio(row.toPlain),
    ratio(row.toBare),
    row.cpuMs === undefined ? "" : row.cpuMs.toFixed(row.cpuMs < 1 ? 3 : 1),
    percent(row.busy),
  ]);
  const columns = head.map((_, i) => ({
    alignment: i === 1 || i === 2 ? ("left" as const) : ("right" as const),
  }));
  const firstOfNext = rows.findIndex(({ pegs }) => pegs !== rows[0]?.pegs) + 1;
  return table([head, ...lines], {
    columns,
    drawHorizontalLine: (i, size) => i <= 1 || i === size || i === firstOfNext,
  });
}
