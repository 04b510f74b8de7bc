import { DEFAULT_WEIGHT, type DIRECTIONS, MAX_SAMPLES } from "../../contract/analysis.js";
import type { ErrorDetail } from "../../contract/errors.js";
import type { McpRequest } from "../../contract/mcp-protocol.js";
import { DataError, MAX_DETAILS } from "./data-error.js";
import { type Derivation, type DerivedSamples, Deriver } from "./derived.js";
import { type Formula, FormulaError, parseFormula } from "./formula.js";
import type { PointReader, Points } from "./judge/points.js";
import { groupRows, type KpiRows } from "./rows.js";
import { measuredSamples, type Samples } from "./samples.js";

export type Direction = (typeof DIRECTIONS)[number];
type RawData = McpRequest["raw_data"];
export type Definition = NonNullable<RawData["peg_definitions"]>[string];

/** A PEG before it is compared. */
export interface Peg {
  name: string;
  weight: number;
  direction: Direction;
  n1: Samples;
  n: Samples;
  /** The first PEG of its formula that has no rows at all. */
  absent?: string | undefined;
  definition: Definition | undefined;
  /** Each sample with its cell and time, where the judge is to see it. */
  points?: { before: Points; after: Points };
}

/**
 * All PEGs of the raw data, measured and derived, highest weight first and then by name in code unit order, which no
 * locale changes. A definition without rows and without a formula makes no PEG.
 *
 * A formula refers to measured PEGs only, so there are no cycles; a PEG is either measured or derived.
 *
 * @param reader where the judge is to see the points, what reads them
 * @returns steps that tell what share is read, 0 to 1; then the PEGs
 * @throws DataError for numbers that are not finite, for formulas that cannot be used, naming each, and for more
 * samples than an answer can hold
 */
export function* readPegs(
  { stats, peg_definitions }: RawData,
  reader?: PointReader,
): Generator<number, Peg[]> {
  const groups = groupRows(stats, reader && ((row, index) => reader.visit(row, index)));
  // Own entries only: a KPI called `constructor` must not find Object's.
  const definitions = new Map(Object.entries(peg_definitions ?? {}));
  const formulas = readFormulas(definitions, groups);
  const pegs: Peg[] = [];
  for (const [name, rows] of groups) {
    const peg = standing(name, definitions);
    if (!reader) {
      pegs.push({ ...peg, n1: measuredSamples(stats, rows.n1), n: measuredSamples(stats, rows.n) });
      continue;
    }
    const [before, after] = [reader.measured(stats, rows.n1), reader.measured(stats, rows.n)];
    const points = { before: before.points, after: after.points };
    pegs.push({ ...peg, n1: before.samples, n: after.samples, points });
  }
  const derivers = { n1: new Deriver(stats, groups, "n1"), n: new Deriver(stats, groups, "n") };
  let samples = stats.length;
  for (const [name, formula] of formulas) {
    yield pegs.length / (groups.size + formulas.size);
    const [before, after] = [derivers.n1.derive(formula), derivers.n.derive(formula)];
    samples += countOf(before.samples) + countOf(after.samples);
    if (samples > MAX_SAMPLES) throw tooManySamples(name);
    const absent = formula.names.find((operand) => !groups.has(operand));
    const [n1, n] = [withoutPlaces(before.samples), withoutPlaces(after.samples)];
    const derived: Peg = { ...standing(name, definitions), n1, n, absent };
    if (reader)
      derived.points = {
        before: derivedPoints(reader, "before", before, n1),
        after: derivedPoints(reader, "after", after, n),
      };
    pegs.push(derived);
  }
  return pegs.sort((one, other) => other.weight - one.weight || compareText(one.name, other.name));
}

function standing(name: string, definitions: ReadonlyMap<string, Definition>) {
  const definition = definitions.get(name);
  const direction: Direction = definition?.direction ?? "higher_is_better";
  return { name, weight: definition?.weight ?? DEFAULT_WEIGHT, direction, definition };
}

function withoutPlaces({ cells: _, instants: __, ...samples }: DerivedSamples): Samples {
  return samples;
}

/** Of rows that are not flagged. @param samples what the comparison takes */
function derivedPoints(
  reader: PointReader,
  side: "before" | "after",
  { samples: all, sound, suspect }: Derivation,
  samples: Samples,
): Points {
  const points = reader.derived(sound, side, sound === all ? samples : undefined);
  return { ...points, missing: sound.missing, suspect };
}

/** Those that could not be computed took as long. */
function countOf({ values, missing, dropped = 0 }: Samples): number {
  return values.length + missing + dropped;
}

function tooManySamples(name: string): DataError {
  const message = `with PEG "${name}" there are more than ${MAX_SAMPLES} samples, measured and derived: define fewer derived PEGs`;
  const path = `raw_data.peg_definitions.${name}.formula`;
  return new DataError("the derived PEGs have too many samples", [{ path, message }]);
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function readFormulas(
  definitions: ReadonlyMap<string, Definition>,
  groups: ReadonlyMap<string, KpiRows>,
): Map<string, Formula> {
  const formulas = new Map<string, Formula>();
  const faults: ErrorDetail[] = [];
  for (const [name, { formula: text }] of definitions) {
    if (text === undefined) continue;
    try {
      if (groups.has(name)) throw new FormulaError("must not be given for a PEG that has samples of its own");
      const formula = parseFormula(text);
      const derived = formula.names.find((operand) => definitions.get(operand)?.formula !== undefined);
      if (derived !== undefined)
        throw new FormulaError(`must not refer to ${derived}, which is derived itself`);
      formulas.set(name, formula);
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      const path = `raw_data.peg_definitions.${name}.formula`;
      faults.push({ path, message: `the formula of PEG "${name}" ${error.message}` });
      if (faults.length === MAX_DETAILS) break;
    }
  }
  if (faults.length > 0) throw new DataError("the formula of a derived PEG cannot be used", faults);
  return formulas;
}
