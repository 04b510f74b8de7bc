import {
  Chart,
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
import { type Colours, readColours } from "./colours.js";
import { type Course, rangeOf } from "./course-data.js";
import { type Level, type LineLabels, linesOf, patternOf } from "./course-lines.js";

Chart.register(Filler, Legend, LinearScale, LineController, LineElement, PointElement, Title, Tooltip);

/** Steps of an axis of hours: hours, days, weeks, months. */
const HOUR_STEPS = [1, 3, 6, 12, 24, 48, 168, 720, 2160];
const MAX_TICKS = 10;

/** What stands beside the drawing. */
export interface CourseLabels extends LineLabels {
  title: string;
  value: string;
  axis: string;
  tick: (x: number) => string;
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
  course: Course,
  levels: { before: Level; after: Level },
  labels: CourseLabels,
  colours: Colours,
): Chart {
  const dots = [...course.before, ...course.after];
  const [start, end] = rangeOf(dots);
  const isPadded = !dots.some(({ x }) => x === start);
  const font = { family: getComputedStyle(document.body).fontFamily };
  return new Chart(canvas, {
    type: "line",
    data: { datasets: linesOf(course, levels, labels, colours) },
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
            // An end that is there for the room only says nothing.
            callback: (x) => (isPadded && (x === start || x === end) ? "" : labels.tick(Number(x))),
            maxRotation: 0,
            font,
            ...ticksOf(course.axis, isPadded ? 0 : end - start),
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
            // As wide as the longest pattern shows in.
            usePointStyle: true,
            pointStyleWidth: 36,
            generateLabels: (chart) =>
              Chart.defaults.plugins.legend.labels
                .generateLabels(chart)
                .map((label) => ({ ...label, ...patternOf(chart.data.datasets[label.datasetIndex ?? 0]) })),
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

/** Where the axis is labelled: at whole hours, days and so on, at whole samples, or at the one place that there is. */
function ticksOf(axis: Course["axis"], length: number) {
  if (length === 0) return { count: 3 };
  if (axis !== "hours") return { precision: 0 };
  return { stepSize: HOUR_STEPS.find((step) => length / step <= MAX_TICKS) };
}
