import { type Calendar, pairingCalendar, type Span } from "./calendar.js";
import { Pace } from "./pace.js";
import type { Both } from "./samples-of.js";
import type { TimeZone } from "./time-zone.js";
import { offsetsOf, type Timeline, timelinesOf } from "./timeline.js";

/** A calendar, and where the instants of both periods stand on it. */
export interface Schedule {
  calendar: Calendar;
  timelines: Both<Timeline>;
}

const NO_OFFSETS: Both<undefined> = { before: undefined, after: undefined };

/** What is the same for all PEGs of an analysis. */
export class Frame {
  readonly pace: Pace;
  /** By the length of their slots: few PEGs have one that no other has. */
  readonly #paired = new Map<number, Schedule>();
  readonly #unpaired = new Map<number, Schedule>();
  /** The same for slots of any length. */
  #offsets: Both<Float64Array> | undefined;

  /** @param times of the instants of each period, and @param ranks places of the cells, both by their numbers */
  constructor(
    readonly zone: TimeZone,
    readonly spans: Both<Span>,
    readonly times: Both<ArrayLike<number>>,
    readonly ranks: Uint32Array,
  ) {
    this.pace = new Pace(times, ranks.length);
  }

  /** @param pairs whether slots of the two periods are to be paired, where they can be */
  scheduleOf(slot: number, pairs: boolean): Schedule {
    const known = pairs ? this.#paired : this.#unpaired;
    let schedule = known.get(slot);
    if (!schedule) {
      const { zone, spans, times } = this;
      const calendar = pairs ? pairingCalendar(zone, spans, slot) : { zone, slot, cycle: undefined };
      const offsets = zone.changes && calendar.cycle ? this.#offsetsOnce() : NO_OFFSETS;
      schedule = { calendar, timelines: timelinesOf(times, calendar, spans, offsets) };
      known.set(slot, schedule);
    }
    return schedule;
  }

  #offsetsOnce(): Both<Float64Array> {
    const { times, zone } = this;
    this.#offsets ??= { before: offsetsOf(times.before, zone), after: offsetsOf(times.after, zone) };
    return this.#offsets;
  }
}
