import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTime } from "../../../../src/contract/parse-time.js";
import { orderByKey, ranked } from "../../../../src/mcp-server/method/judge/dense.js";
import { hodgesLehmann } from "../../../../src/mcp-server/method/judge/hodges-lehmann.js";
import { Instants, UNTIMED } from "../../../../src/mcp-server/method/judge/instants.js";
import { medianOf, selectInPlace } from "../../../../src/mcp-server/method/judge/median.js";
import { TimeReader } from "../../../../src/mcp-server/method/judge/read-time.js";
import { TimeZone } from "../../../../src/mcp-server/method/judge/time-zone.js";

const numbers = fc.array(
  fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
  {
    minLength: 1,
    maxLength: 60,
  },
);
const ascending = (values: readonly number[]) => Float64Array.from(values).sort();

test("a time is read as Date reads it, whatever its form, and what is no time is none", () => {
  const forms = [
    (text: string) => text,
    (text: string) => text.replace(/\.\d+Z$/, "Z"),
    (text: string) => text.replace("Z", "+09:00"),
    (text: string) => text.replace("T", " ").replace("Z", ""),
    (text: string) => text.replace(/T\d\d/, "T24"),
    (text: string) => text.replace(/-\d\dT/, "-31T"),
    (text: string) => text.replace(/:\d\d\./, ":60."),
    (text: string) => text.replace(/\d{3}Z/, "0x0Z"),
  ];
  const date = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  const reader = new TimeReader();
  fc.assert(
    fc.property(date, fc.constantFrom(...forms), (instant, form) => {
      const text = form(instant.toISOString());
      expect([text, reader.read(text)]).toEqual([text, parseTime(text)?.getTime() ?? Number.NaN]);
    }),
    { numRuns: 2000 },
  );
});

test("instants are numbered alike however they come and are written", () => {
  const step = fc.integer({ min: 0, max: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 1, maxLength: 80 }), (rows) => {
      const instants = new Instants();
      for (const [hour, zone] of rows) {
        const text = new Date(hour * 3_600_000).toISOString();
        const number = instants.numberOfText(zone ? text.replace("Z", "+00:00") : text);
        expect(instants.times[number]).toBe(hour * 3_600_000);
      }
      expect(new Set(instants.times).size).toBe(instants.times.length);
      expect([instants.numberOfText(undefined), instants.numberOfText("noon")]).toEqual([UNTIMED, UNTIMED]);
    }),
  );
});

test("the k-th smallest and the median are those of the sorted values", () => {
  fc.assert(
    fc.property(numbers, fc.nat(), (values, any) => {
      const sorted = ascending(values);
      const k = any % values.length;
      expect(selectInPlace(Float64Array.from(values), k)).toBe(sorted[k]);
      const half = values.length / 2;
      const [low = 0, high = 0] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
      expect(medianOf(values)).toBe(values.length % 2 === 1 ? high : (low + high) / 2);
    }),
  );
});

/** Of samples that take the method by surprise: ties, outliers, the ends of what a double holds. */
const shifted = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.double({ noNaN: true, min: 99, max: 102 }) },
    { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }).map((tenths) => tenths / 10) },
    { weight: 1, arbitrary: fc.constantFrom(1e15, 1e18, -1e20, 3.4e38, 1e-300, 1e308, -1e308) },
    { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  ),
  { minLength: 1, maxLength: 40 },
);

test("Hodges and Lehmann's shift is the median of all differences, to the last digit", () => {
  fc.assert(
    fc.property(fc.oneof(shifted, numbers), fc.oneof(shifted, numbers), (before, after) => {
      // An eighth of each: differences of the largest doubles are no doubles.
      const differences = before.flatMap((x) => after.map((y) => y / 8 - x / 8));
      const shift = hodgesLehmann(ascending(before.map((x) => x / 8)), ascending(after.map((y) => y / 8)));
      expect(shift + 0).toBe(medianOf(differences) + 0);
    }),
    { numRuns: 1000 },
  );
});

test("a shift of the largest doubles is theirs as far as a double holds it", () => {
  const most = Number.MAX_VALUE;
  const shift = (before: number[], after: number[]) => hodgesLehmann(ascending(before), ascending(after));
  expect(shift([most, most], [most, most])).toBe(0);
  expect(shift([-most / 2], [most / 2])).toBe(most);
  expect(shift([0, 0], [most, most])).toBe(most);
  expect(shift([0], [most / 2, most])).toBe(0.75 * most);
  expect(shift([-most], [most])).toBe(Number.POSITIVE_INFINITY);
  // The least double beside one of the largest: what is in the middle is kept, though the ends are far apart.
  const least = Number.MIN_VALUE;
  expect(shift([-most / 8, -most / 8, 0, 12, 12], [-least])).toBe(-least);
  expect(shift([-most / 2, 0, most / 2], [least])).toBe(least);
});

test("ranks keep the order, with and without large gaps, and keys sort what they number", () => {
  const whole = fc.array(fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: -1e12, max: 1e12 })), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(whole, whole, (one, other) => {
      const { columns, size } = ranked([Float64Array.from(one), Float64Array.from(other)]);
      const [values, ranks] = [[...one, ...other], columns.flatMap((column) => [...column])];
      for (const [i, value] of values.entries()) {
        expect(ranks[i]).toBeLessThan(size);
        for (const [j, another] of values.entries())
          expect(Math.sign((ranks[i] as number) - (ranks[j] as number))).toBe(Math.sign(value - another));
      }
      const order = Uint32Array.from(ranks, (_, i) => i);
      const sorted = [...order].sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
      expect([...orderByKey(order, Uint32Array.from(ranks), size)]).toEqual(sorted);
      expect([...orderByKey(order, Uint32Array.from(ranks), 4e9)]).toEqual(sorted);
    }),
  );
});

test("a zone's offset is that of the moment, also on days on which the clock is changed", () => {
  const berlin = new TimeZone("Europe/Berlin");
  const hours = (text: string) => berlin.offsetAt(Date.parse(text)) / 3_600_000;
  expect(hours("2024-03-31T00:59:59Z")).toBe(1);
  expect(hours("2024-03-31T01:00:00Z")).toBe(2);
  expect(hours("2024-07-01T12:00:00Z")).toBe(2);
  expect(hours("2024-10-27T00:59:59Z")).toBe(2);
  expect(hours("2024-10-27T01:00:00Z")).toBe(1);
  expect(hours("2024-12-31T23:59:59Z")).toBe(1);
});
