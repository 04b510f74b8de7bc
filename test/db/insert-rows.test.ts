import { asc } from "drizzle-orm";
import {
  boolean,
  customType,
  doublePrecision,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { insertBatches, insertRows } from "../../src/db/insert-rows.js";
import { DATABASES, type TestWorld } from "../domain/fixtures.js";

const bytes = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

const kinds = pgTable("kinds", {
  place: integer("place").primaryKey(),
  words: text("some words").notNull(),
  number: doublePrecision("number"),
  at: timestamp("at", { withTimezone: true }),
  raw: bytes("raw"),
  json: jsonb("json").$type<unknown>(),
  flag: boolean("flag"),
  usual: text("usual").default("as usual"),
});
const DDL = `create table kinds (place integer primary key, "some words" text not null, number float8,
  at timestamptz, raw bytea, json jsonb, flag boolean, usual text default 'as usual')`;

/** Text as PostgreSQL stores any: without NUL and halves of pairs. */
const words = fc.oneof(
  fc.string({ unit: "binary" }).filter((one) => !one.includes("\0")),
  fc.constantFrom(
    "NULL",
    "null",
    "",
    "{}",
    '{"a,b"}',
    "\\",
    '\\"',
    "a\nb\tc",
    "\u001e",
    "a\u001eb",
    "\u001f",
    "'; drop table kinds; --",
    "값",
  ),
);
const row = fc.record({
  words,
  number: fc.option(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(1e-7))),
  at: fc.option(fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true })),
  raw: fc.option(fc.uint8Array()),
  json: fc.option(fc.dictionary(fc.constantFrom("a", 'q"', "b\\", "{"), words)),
  flag: fc.option(fc.boolean()),
});

/** Alone, its text is that of an empty list. */
const EMPTY = { words: "", number: null, at: null, raw: null, json: null, flag: null };

describe.each(DATABASES)("on $kind", ({ open, here }) => {
  describe.skipIf(!here)("rows that are inserted as lists", () => {
    let world: TestWorld;
    beforeAll(async () => {
      world = await open();
      await world.db.execute(DDL);
    });
    afterAll(() => world.close());

    test("are the rows that were given, whatever they hold", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (given) => {
          await world.db.delete(kinds);
          const rows = given.map((one, place) => ({ ...one, place }));
          await insertRows(world.db, kinds, rows);
          const read = await world.db.select().from(kinds).orderBy(asc(kinds.place));
          const expected = rows.map(({ raw, number, ...rest }) => ({
            ...rest,
            number: number === 0 ? 0 : number,
            raw: raw && Buffer.from(raw),
            usual: "as usual",
          }));
          const plain = read.map((one) => ({
            ...one,
            number: one.number === 0 ? 0 : one.number,
            raw: one.raw && Buffer.from(one.raw),
          }));
          expect(plain).toEqual(expected);
        }),
        {
          numRuns: 100,
          examples: [[[EMPTY]], [[EMPTY, EMPTY]], [[{ ...EMPTY, words: "a\u001e" }]]],
        },
      );
    });

    test("are none where none are given", async () => {
      await world.db.delete(kinds);
      await insertRows(world.db, kinds, []);
      expect(await world.db.$count(kinds)).toBe(0);
    });

    test("are all there, or none where one of them cannot be", async () => {
      await world.db.delete(kinds);
      const batch = (from: number) => [0, 1].map((i) => ({ place: from + i, words: "w" }));
      await world.db.transaction((tx) => insertBatches(tx, kinds, [batch(0), batch(2), batch(4)]));
      expect(await world.db.$count(kinds)).toBe(6);
      const again = world.db.transaction((tx) => insertBatches(tx, kinds, [batch(6), batch(4), batch(8)]));
      await expect(again).rejects.toMatchObject({ cause: { code: "23505" } });
      expect(await world.db.$count(kinds)).toBe(6);
    });
  });
});
