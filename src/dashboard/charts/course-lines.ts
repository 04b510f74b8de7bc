import type { ChartDataset } from "chart.js";
import { type Colours, faint } from "./colours.js";
import { type Course, type Dot, rangeOf } from "./course-data.js";
import { LINE_DASHES } from "./line-dashes.js";

/** More dots than this are a line without its dots. */
const MAX_DOTS = 60;

/** Mean and standard deviation of a period. */
export interface Level {
  mean: number;
  deviation: number;
}

/** What the lines are called. */
export interface LineLabels {
  before: string;
  after: string;
  mean: string;
}

type Place = { x: number; y: number };
type Line = ChartDataset<"line", Place[]>;
type Stroke = Pick<Line, "borderColor" | "backgroundColor" | "borderWidth" | "borderDash">;

/** Of both periods the values, and of each the mean and the spread. */
export function linesOf(
  { before, after }: Course,
  levels: { before: Level; after: Level },
  labels: LineLabels,
  colours: Colours,
): Line[] {
  const ends = rangeOf([...before, ...after]);
  const stroke = (colour: string, borderDash: number[], borderWidth = 1.5): Stroke => ({
    borderColor: colour,
    backgroundColor: colour,
    borderWidth,
    borderDash,
  });
  return [
    // What is half of gaps would be faint at the width of the other.
    valuesOf(labels.before, before, stroke(colours.before, LINE_DASHES.before, 2), "circle"),
    ...rangeOfCells(before, colours.before),
    valuesOf(labels.after, after, stroke(colours.after, LINE_DASHES.after), "rect"),
    ...rangeOfCells(after, colours.after),
    meanOf(
      `${labels.before}, ${labels.mean}`,
      levels.before,
      ends,
      stroke(colours.before, LINE_DASHES.meanBefore),
    ),
    ...spreadOf(levels.before, ends, colours.before),
    meanOf(
      `${labels.after}, ${labels.mean}`,
      levels.after,
      ends,
      stroke(colours.after, LINE_DASHES.meanAfter),
    ),
    ...spreadOf(levels.after, ends, colours.after),
  ];
}

/** The legend shows a line as it is drawn: its pattern, and not a box of its colour. */
export function patternOf(line: ChartDataset | undefined) {
  const { borderDash = [] } = (line ?? {}) as { borderDash?: number[] };
  return { pointStyle: "line" as const, lineDash: borderDash, lineWidth: 2 };
}

function valuesOf(label: string, dots: Dot[], stroke: Stroke, pointStyle: "circle" | "rect"): Line {
  const data = dots.map(({ x, y }) => ({ x, y }));
  return { label, data, ...stroke, pointStyle, pointRadius: dots.length <= MAX_DOTS ? 2.5 : 0 };
}

function meanOf(label: string, { mean }: Level, ends: number[], stroke: Stroke): Line {
  return { label, data: ends.map((x) => ({ x, y: mean })), ...stroke, pointRadius: 0 };
}

/** Behind the values, where many cells share an instant. */
function rangeOfCells(dots: Dot[], colour: string): Line[] {
  if (dots.every(({ low, high }) => low === high)) return [];
  return band(
    dots.map(({ x, low }) => ({ x, y: low })),
    dots.map(({ x, high }) => ({ x, y: high })),
    faint(colour, 0.12),
  );
}

/** One standard deviation on both sides of the mean. */
function spreadOf({ mean, deviation }: Level, ends: number[], colour: string): Line[] {
  return band(
    ends.map((x) => ({ x, y: mean - deviation })),
    ends.map((x) => ({ x, y: mean + deviation })),
    faint(colour, 0.1),
  );
}

function band(low: Place[], high: Place[], backgroundColor: string): Line[] {
  const edge = { label: "", borderWidth: 0, pointRadius: 0, backgroundColor };
  return [
    { ...edge, data: low, fill: false },
    { ...edge, data: high, fill: "-1" },
  ];
}
