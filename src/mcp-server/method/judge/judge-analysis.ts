import type { PegJudge, SummaryJudge } from "../../../contract/judge.js";
import type { McpRequest } from "../../../contract/mcp-protocol.js";
import { parseTime } from "../../../contract/time.js";
import type { Definition, Peg } from "../pegs.js";
import { calendarOf, type Span } from "./calendar.js";
import { judgePegs, type MeasuredPeg } from "./judge-pegs.js";
import { judgeSummary } from "./judge-summary.js";
import { measurePeg } from "./measure-peg.js";
import type { Frame, PegInput } from "./peg-input.js";
import { emptyPoints, type PointReader } from "./points.js";
import { releaseScratch } from "./scratch.js";
import { SETTINGS, settingsHash } from "./settings.js";
import { TimeZone } from "./time-zone.js";
import { timelinesOf } from "./timeline.js";

const NONE = emptyPoints(0);

/** Judges the PEGs of one analysis: measure each, then conclude over all. */
export class Judge {
  readonly #frame: Frame;
  readonly #pegs: ReadonlyMap<string, Peg>;
  readonly #measured: MeasuredPeg[] = [];

  /** @param pegs all of the analysis, with their points. @param reader what has read these */
  constructor(request: McpRequest, pegs: readonly Peg[], { instants, cells }: PointReader) {
    const { n1_start, n1_end, n_start, n_end } = request.raw_data.period_info;
    const [n1, n] = [spanOf(n1_start, n1_end), spanOf(n_start, n_end)];
    const zone = new TimeZone(request.options?.time_zone ?? SETTINGS.timeZone);
    const times = { before: instants.before.times, after: instants.after.times };
    const calendar = calendarOf(zone, n1, n, [ascending(times.before), ascending(times.after)]);
    const timelines = timelinesOf(times, calendar, { n1, n });
    this.#frame = { calendar, n1, n, timelines, ranks: cells.ranks() };
    this.#pegs = new Map(pegs.map((peg) => [peg.name, peg]));
  }

  measure(peg: Peg): void {
    const input = this.#inputOf(peg);
    const { points: _, parts: __, exposure: ___, ...told } = input;
    this.#measured.push({ peg: told, measured: measurePeg(input, this.#frame) });
    releaseScratch();
  }

  /** @param skipped PEGs that are not compared at all */
  conclude(version: string, skipped: number): { pegs: PegJudge[]; summary: SummaryJudge } {
    const pegs = judgePegs(this.#measured);
    const time_zone = this.#frame.calendar.zone.name;
    const used = { version, time_zone, pegs: this.#measured.map(({ peg }) => peg) };
    const weighed = pegs.map((judge, i) => ({ judge, weight: this.#measured[i]?.peg.weight ?? 0 }));
    const settings_hash = settingsHash(used);
    return {
      pegs,
      summary: judgeSummary(weighed, skipped, { time_zone, method_version: version, settings_hash }),
    };
  }

  #inputOf(peg: Peg): PegInput {
    const { name, weight, direction, definition } = peg;
    const { kind = "gauge", critical = false, numerator, denominator, exposure } = definition ?? {};
    const pointsOf = (other: string) => this.#pegs.get(other)?.points ?? { before: NONE, after: NONE };
    return {
      name,
      weight,
      direction,
      kind,
      critical,
      bandPercent: bandOf(definition),
      points: pointsOf(name),
      ...(kind === "ratio" &&
        numerator !== undefined &&
        denominator !== undefined && {
          parts: { numerators: pointsOf(numerator), denominators: pointsOf(denominator) },
        }),
      ...(kind === "rare_count" && exposure !== undefined && { exposure: pointsOf(exposure) }),
    };
  }
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

function ascending(times: readonly number[]): Float64Array {
  const sorted = Float64Array.from(times);
  return times.some((time, i) => time < (times[i - 1] ?? time)) ? sorted.sort() : sorted;
}
