import { type KnownKpi, OUTCOMES, PROCEDURES, SINGLE_KPIS } from "../kpi-catalogue.js";

/** What stands between words: no letter, mark or digit of any script. */
const SEPARATOR = "[^\\p{L}\\p{M}\\p{N}]";
/** Words after a name that say in what it is measured, or which value of a window it is. */
const UNITS =
  "ms|s|us|µs|μs|sec|bps|kbps|mbps|gbps|kbit|mbit|gbit|kb|mb|gb|dbm|db|dbw|percent|pct|erl|mps|kmh|hz|mhz";
const SUFFIX = new RegExp(`(?:${SEPARATOR}+(?:${UNITS}|avg|mean|average|min|max))+$`, "u");
/** Words before a name that say of which network it is. */
const PREFIX = new RegExp(`^(?:e|lte|nr|5g|4g|enb|gnb|eutran|ngran)${SEPARATOR}+`, "u");
const AT_ENDS = new RegExp(`^${SEPARATOR}+|${SEPARATOR}+$`, "gu");
const SEPARATORS = new RegExp(`${SEPARATOR}+`, "gu");

/** By name; null for one that the catalogue does not know. */
const lookedUp = new Map<string, KnownKpi | null>();
const MAX_LOOKED_UP = 10_000;

let catalogue: ReadonlyMap<string, KnownKpi> | undefined;

/**
 * What the catalogue knows of a KPI. The whole name must be one of the catalogue's, but for case, separators, a unit
 * or statistic at its end and a technology at its start: a name of which only a part is known may mean the opposite.
 */
export function lookUpKpi(name: string): KnownKpi | undefined {
  // The same names come with each analysis.
  let found = lookedUp.get(name);
  if (found === undefined) {
    found = lookUp(name) ?? null;
    if (lookedUp.size >= MAX_LOOKED_UP) lookedUp.clear();
    lookedUp.set(name, found);
  }
  return found ?? undefined;
}

function lookUp(name: string): KnownKpi | undefined {
  catalogue ??= readCatalogue();
  const words = name
    .replace(/%/g, "")
    .replace(/dB/g, "db")
    // DLThroughput is DL Throughput, RRCSetup is RRC Setup, ConnEstabAtt is Conn Estab Att.
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replace(AT_ENDS, "");
  const plain = words.replace(PREFIX, "");
  // `mean` may be a word of the name itself.
  for (const text of [words, plain, plain.replace(SUFFIX, "")]) {
    const known = catalogue.get(compact(text));
    if (known) return known;
  }
  return undefined;
}

function readCatalogue(): Map<string, KnownKpi> {
  const known = new Map<string, KnownKpi>();
  const add = (name: string, { direction, kind }: KnownKpi) => known.set(compact(name), { direction, kind });
  for (const procedure of PROCEDURES)
    for (const outcome of OUTCOMES) for (const name of outcome.names) add(`${procedure} ${name}`, outcome);
  for (const kpi of SINGLE_KPIS) for (const name of kpi.names) add(name, kpi);
  return known;
}

function compact(name: string): string {
  return name.toLowerCase().replace(SEPARATORS, "");
}
