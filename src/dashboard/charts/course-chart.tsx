import {
  Chart,
  type ChartDataset,
  Filler,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  type Plugin,
  PointElement,
  Title,
  Tooltip,
} from "chart.js";
import { useEffect, useRef } from "react";
import { formatNumber } from "../../contract/numbers.js";
import { onColoursChange } from "../shell/theme.js";
import { type Colours, faint, readColours } from "./colours.js";
import { type Course, type Dot, rangeOf } from "./course-data.js";

Chart.register(Filler, Legend, LinearScale, LineController, LineElement, PointElement, Title, Tooltip);

/** More dots than this are a line without its dots. */
const MAX_DOTS = 60;

/** Steps of an axis of hours: hours, days, weeks, months. */
const HOUR_STEPS = [1, 3, 6, 12, 24, 48, 168, 720, 2160];
const MAX_TICKS = 10;

/** What stands beside the drawing. */
export interface CourseLabels {
  title: string;
  value: string;
  axis: string;
  before: string;
  after: string;
  mean: string;
  tick: (x: number) => string;
}

/** Mean and standard deviation of a period. */
export interface Level {
  mean: number;
  deviation: number;
}

/** A picture that is saved has the page's ground, and not none. */
const ground: Plugin = {
  id: "ground",
  beforeDraw({ ctx, width, height, options }) {
    ctx.save();
    ctx.fillStyle = String(options.backgroundColor);
    ctx.fillRect(0, 0, width, height);
    ctx.restore();
  },
};

interface CourseChartProps {
  course: Course;
  levels: { before: Level; after: Level };
  labels: CourseLabels;
  description: string;
  canvasRef: (canvas: HTMLCanvasElement | null) => void;
}

/** Both periods over one axis: their values, their range where many cells share an instant, mean and spread. */
export function CourseChart({ course, levels, labels, description, canvasRef }: CourseChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    let chart = draw(element, course, levels, labels, readColours());
    const stop = onColoursChange(() => {
      chart.destroy();
      chart = draw(element, course, levels, labels, readColours());
    });
    return () => {
      stop();
      chart.destroy();
    };
  }, [course, levels, labels]);
  return (
    <div className="chart">
      <canvas
        ref={(element) => {
          canvas.current = element;
          canvasRef(element);
        }}
        role="img"
        aria-label={description}
      />
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  { axis, before, after }: Course,
  levels: { before: Level; after: Level },
  labels: CourseLabels,
  colours: Colours,
): Chart {
  const [start, end] = rangeOf([...before, ...after]);
  const datasets = [
    ...datasetsOf(labels.before, before, colours.before, false),
    ...datasetsOf(labels.after, after, colours.after, true),
    ...levelOf(`${labels.before}, ${labels.mean}`, levels.before, [start, end], colours.before),
    ...levelOf(`${labels.after}, ${labels.mean}`, levels.after, [start, end], colours.after),
  ];
  const font = { family: getComputedStyle(document.body).fontFamily };
  return new Chart(canvas, {
    type: "line",
    data: { datasets },
    plugins: [ground],
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      backgroundColor: colours.surface,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: {
          type: "linear",
          min: start,
          max: end,
          title: { display: true, text: labels.axis, color: colours.text, font },
          ticks: {
            color: colours.text,
            callback: (x) => labels.tick(Number(x)),
            maxRotation: 0,
            font,
            ...(axis === "hours" && {
              stepSize: HOUR_STEPS.find((step) => (end - start) / step <= MAX_TICKS),
            }),
          },
          grid: { color: colours.grid },
        },
        y: {
          title: { display: true, text: labels.value, color: colours.text, font },
          ticks: { color: colours.text, font },
          grid: { color: colours.grid },
        },
      },
      plugins: {
        title: { display: true, text: labels.title, color: colours.text, font },
        legend: {
          labels: {
            color: colours.text,
            font,
            boxHeight: 2,
            // Ranges and spreads explain themselves beside the lines that they belong to.
            filter: ({ text }) => text !== "",
          },
        },
        tooltip: {
          filter: ({ dataset }) => dataset.label !== "",
          callbacks: {
            title: ([item]) => (item ? labels.tick(Number(item.parsed.x)) : ""),
            label: ({ dataset, parsed }) => `${dataset.label}: ${formatNumber(Number(parsed.y))}`,
          },
        },
      },
    },
  });
}

type Line = ChartDataset<"line", { x: number; y: number }[]>;

/** The values, and behind them the range of what shares an instant. */
function datasetsOf(label: string, dots: Dot[], colour: string, isAfter: boolean): Line[] {
  const line: Line = {
    label,
    data: dots.map(({ x, y }) => ({ x, y })),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 1.5,
    pointRadius: dots.length <= MAX_DOTS ? 2.5 : 0,
    // Told apart without colours as well.
    pointStyle: isAfter ? "rect" : "circle",
  };
  if (dots.every(({ low, high }) => low === high)) return [line];
  const edge = (pick: (dot: Dot) => number, fill: Line["fill"]): Line => ({
    label: "",
    data: dots.map((dot) => ({ x: dot.x, y: pick(dot) })),
    borderWidth: 0,
    pointRadius: 0,
    backgroundColor: faint(colour, 0.12),
    fill,
  });
  return [line, edge(({ low }) => low, false), edge(({ high }) => high, "-1")];
}

/** The mean as a dashed line, and one standard deviation on both sides of it. */
function levelOf(label: string, { mean, deviation }: Level, ends: number[], colour: string): Line[] {
  const flat = (y: number) => ends.map((x) => ({ x, y }));
  const edge = (y: number, fill: Line["fill"]): Line => ({
    label: "",
    data: flat(y),
    borderWidth: 0,
    pointRadius: 0,
    backgroundColor: faint(colour, 0.1),
    fill,
  });
  return [
    {
      label,
      data: flat(mean),
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 1.5,
      borderDash: [6, 4],
      pointRadius: 0,
    },
    edge(mean - deviation, false),
    edge(mean + deviation, "-1"),
  ];
}
