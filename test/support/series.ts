/** One line of a scrape. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Prometheus's text format, taken apart. */
export function readSeries(text: string): Series[] {
  return text
    .split("\n")
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", labels = "", value] = LINE.exec(line) ?? [];
      if (!name) throw new Error(`not a line of metrics: ${line}`);
      const pairs = [...labels.matchAll(LABEL)].map(([, label = "", text = ""]) => [label, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The sum of the series of a name that have these labels; undefined where there is none. */
export function valueIn(
  series: readonly Series[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = series.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  );
  return found.length ? found.reduce((sum, { value }) => sum + value, 0) : undefined;
}
