const MINUTE = 60_000;
/** Clocks change on these. */
const STEP = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;

/** Offsets of a time zone from UTC. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #steps = new Map<number, number>();
  /** The offset of days that have one only; NaN of those on which the clock is changed. */
  readonly #days = new Map<number, number>();

  /** @param name of the IANA database, checked */
  constructor(readonly name: string) {
    if (name === "UTC") return;
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  /** Whether its offset may be another one at another time. */
  get changes(): boolean {
    return this.#format !== undefined;
  }

  /** Milliseconds to add to an instant for what the clock on the wall shows. */
  offsetAt(instant: number): number {
    if (!this.#format) return 0;
    const day = Math.floor(instant / DAY);
    let offset = this.#days.get(day);
    if (offset === undefined) {
      const [first, last] = [this.#stepAt(day * DAY), this.#stepAt((day + 1) * DAY)];
      offset = first === last ? first : Number.NaN;
      this.#days.set(day, offset);
    }
    return Number.isNaN(offset) ? this.#stepAt(instant) : offset;
  }

  /** Asks once for each step: it takes microseconds. */
  #stepAt(instant: number): number {
    const step = Math.floor(instant / STEP);
    let offset = this.#steps.get(step);
    if (offset === undefined) {
      offset = readOffset(this.#format as Intl.DateTimeFormat, step * STEP);
      this.#steps.set(step, offset);
    }
    return offset;
  }
}

function readOffset(format: Intl.DateTimeFormat, instant: number): number {
  const text = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0", seconds = "0"] =
    /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(text) ?? [];
  const size = (Number(hours) * 60 + Number(minutes)) * MINUTE + Number(seconds ?? 0) * 1000;
  return sign === "-" ? -size : size;
}
