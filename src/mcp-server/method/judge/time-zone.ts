const MINUTE = 60_000;
/** Clocks change on these. */
const STEP = 15 * MINUTE;

/** Offsets of a time zone from UTC. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #known = new Map<number, number>();

  /** @param name of the IANA database, checked */
  constructor(readonly name: string) {
    if (name === "UTC") return;
    this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  /** Milliseconds to add to an instant for what the clock on the wall shows. */
  offsetAt(instant: number): number {
    if (!this.#format) return 0;
    const step = Math.floor(instant / STEP);
    let offset = this.#known.get(step);
    if (offset === undefined) {
      offset = readOffset(this.#format, step * STEP);
      this.#known.set(step, offset);
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
