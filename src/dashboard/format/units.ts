import type { Language } from "../words/say.js";

/** Units that names of KPIs end in, as they are written there and as people write them. */
const SUFFIXES: Record<string, string> = {
  mbps: "Mbit/s",
  kbps: "kbit/s",
  gbps: "Gbit/s",
  ms: "ms",
  us: "µs",
  s: "s",
  db: "dB",
  dbm: "dBm",
  mps: "m/s",
  hz: "Hz",
  percent: "%",
  pct: "%",
};

/** How a difference of two values of a unit is written: between percentages lie percentage points. */
export function differenceUnit(unit: string, language: Language): string {
  if (unit !== "%") return unit;
  return language === "ko" ? "%p" : "pp";
}

/**
 * The unit of a PEG: what its definition says, else what its name ends in (`Latency_ms`), else none.
 *
 * @param definition of `peg_definitions`
 */
export function unitOf(name: string, definition: Readonly<Record<string, unknown>> | undefined): string {
  if (typeof definition?.unit === "string") return definition.unit;
  const suffix = /[_ .]([A-Za-z]+)$/.exec(name)?.[1]?.toLowerCase();
  return (suffix !== undefined && SUFFIXES[suffix]) || "";
}
