import type { PegJudge, SummaryJudge } from "../../../contract/judge.js";
import type { McpRequest } from "../../../contract/mcp-protocol.js";
import { parseTime } from "../../../contract/parse-time.js";
import type { Definition, Direction, Peg } from "../pegs.js";
import type { Span } from "./calendar.js";
import { Frame } from "./frame.js";
import { judgePegs, type MeasuredPeg } from "./judge-pegs.js";
import { judgeSummary } from "./judge-summary.js";
import { lookUpKpi } from "./look-up-kpi.js";
import { type KnownRatios, measurePeg } from "./measure-peg.js";
import type { Kind, PegInput, Source } from "./peg-input.js";
import { emptyPoints, type PointReader } from "./points.js";
import { releaseScratch } from "./scratch.js";
import { SETTINGS, settingsHash } from "./settings.js";
import { TimeZone } from "./time-zone.js";

const NONE = emptyPoints(0);

/** Judges the PEGs of one analysis: measure each, then conclude over all. */
export class Judge {
  readonly #frame: Frame;
  readonly #pegs: ReadonlyMap<string, Peg>;
  readonly #measured: MeasuredPeg[] = [];
  readonly #ratios: KnownRatios = new Map();

  /** @param pegs all of the analysis, with their points. @param reader what has read these */
  constructor(request: McpRequest, pegs: readonly Peg[], { instants, cells }: PointReader) {
    const { n1_start, n1_end, n_start, n_end } = request.raw_data.period_info;
    const spans = { before: spanOf(n1_start, n1_end), after: spanOf(n_start, n_end) };
    const zone = new TimeZone(request.options?.time_zone ?? SETTINGS.timeZone);
    const times = { before: instants.before.times, after: instants.after.times };
    this.#frame = new Frame(zone, spans, times, cells.ranks());
    this.#pegs = new Map(pegs.map((peg) => [peg.name, peg]));
  }

  measure(peg: Peg): void {
    const input = this.#inputOf(peg);
    const { absent: _, points: __, parts: ___, exposure: ____, ...about } = input;
    this.#measured.push({ peg: about, measured: measurePeg(input, this.#frame, this.#ratios) });
    releaseScratch();
  }

  /** @param skipped PEGs that are not compared at all */
  conclude(version: string, skipped: number): { pegs: PegJudge[]; summary: SummaryJudge } {
    const pegs = judgePegs(this.#measured);
    const time_zone = this.#frame.zone.name;
    const used = { version, time_zone, pegs: this.#measured.map(({ peg }) => peg) };
    const weighed = pegs.map((judge, i) => ({ judge, weight: this.#measured[i]?.peg.weight ?? 0 }));
    const settings_hash = settingsHash(used);
    return {
      pegs,
      summary: judgeSummary(weighed, skipped, { time_zone, method_version: version, settings_hash }),
    };
  }

  #inputOf(peg: Peg): PegInput {
    const { name, weight, definition } = peg;
    const known = lookUpKpi(name);
    const [direction, directionSource] = told<Direction>(
      definition?.direction,
      known?.direction,
      "higher_is_better",
    );
    const [kind, kindSource] = told<Kind>(definition?.kind, known?.kind, "gauge");
    const names = namesOf(definition, kind);
    const { numerator, denominator, exposure } = names;
    const pointsOf = (other: string) => this.#pegs.get(other)?.points ?? { before: NONE, after: NONE };
    return {
      name,
      weight,
      direction,
      directionSource,
      kind,
      kindSource,
      critical: definition?.critical ?? false,
      bandPercent: bandOf(definition),
      // Nothing where there is none: the hash of the settings is that of what was used.
      ...(Object.keys(names).length > 0 && { names }),
      absent: [numerator, denominator, exposure].find((part) => part !== undefined && !this.#pegs.has(part)),
      points: pointsOf(name),
      ...(numerator !== undefined &&
        denominator !== undefined && {
          parts: { numerators: pointsOf(numerator), denominators: pointsOf(denominator) },
        }),
      ...(exposure !== undefined && { exposure: pointsOf(exposure) }),
    };
  }
}

/** What its definition says goes before what its name tells. */
function told<T>(defined: T | undefined, known: T | undefined, otherwise: T): [T, Source] {
  if (defined !== undefined) return [defined, "definition"];
  return known !== undefined ? [known, "catalogue"] : [otherwise, "default"];
}

const QUOTIENT =
  /^\s*([\p{L}_][\p{L}\p{M}\p{N}_]*)\s*\/\s*([\p{L}_][\p{L}\p{M}\p{N}_]*)\s*(?:\*\s*100\s*)?$/u;

/** What a definition names and a PEG of this kind is judged by. */
function namesOf(definition: Definition | undefined, kind: Kind): NonNullable<PegInput["names"]> {
  const { exposure, formula } = definition ?? {};
  return {
    ...(kind === "ratio" && partsOf(definition)),
    ...(kind === "rare_count" && exposure !== undefined && { exposure }),
    ...(formula !== undefined && { formula }),
  };
}

/** What a ratio is of: as it is said, or as its formula tells, `successes / attempts * 100`; both or neither. */
function partsOf(definition: Definition | undefined): Pick<Definition, "numerator" | "denominator"> {
  const { numerator, denominator, formula = "" } = definition ?? {};
  if (numerator !== undefined && denominator !== undefined) return { numerator, denominator };
  const [, above, below] = QUOTIENT.exec(formula) ?? [];
  const isSaid = numerator !== undefined || denominator !== undefined;
  return isSaid || above === undefined || below === undefined ? {} : { numerator: above, denominator: below };
}

/** Its own, or that among its thresholds. */
function bandOf(definition: Definition | undefined): number {
  const among = definition?.thresholds?.band_percent;
  const own = definition?.band_percent ?? among;
  return typeof own === "number" && own > 0 && Number.isFinite(own) ? own : SETTINGS.bandPercent;
}

function spanOf(start: string, end: string): Span {
  return { start: parseTime(start)?.getTime() ?? 0, end: parseTime(end)?.getTime() ?? 0 };
}
