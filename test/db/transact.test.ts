import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/open.js";
import { transact } from "../../src/db/transact.js";
import { DATABASES, type TestWorld } from "../domain/fixtures.js";

/** What PostgreSQL raises where a transaction lost to another one, and what it does not. */
const CONFLICTS = ["40001", "40P01"];
const raise = (code: string) =>
  sql.raw(`do $$ begin raise exception 'conflict' using errcode = '${code}'; end $$`);

describe.each(DATABASES)("on $kind", ({ open, here }) => {
  describe.skipIf(!here)("a transaction", () => {
    let world: TestWorld;
    beforeEach(async () => {
      world = await open();
      await world.db.execute(sql`create table effects (place integer primary key, attempt integer not null)`);
      await world.db.execute(sql`insert into effects values (1, 0), (2, 0)`);
    });
    afterEach(() => world.close());

    const effects = async () => {
      const rows = await world.db.execute(sql`select place, attempt from effects order by place`);
      return [...(Array.isArray(rows) ? rows : (rows as unknown as { rows: unknown[] }).rows)];
    };
    /** Takes effect and then loses, so often. */
    const losing = (code: string, times: number) => {
      let attempts = 0;
      const work = async (tx: Database) => {
        attempts++;
        await tx.execute(sql`insert into effects values (3, ${attempts})`);
        if (attempts <= times) await tx.execute(raise(code));
      };
      return { work, attempts: () => attempts };
    };

    test.each(CONFLICTS)(
      "D7: that loses to others (%s) is tried again as a whole, three times",
      async (code) => {
        const { work, attempts } = losing(code, 3);
        await transact(world.db, work);
        expect(attempts()).toBe(4);
        expect(await effects()).toContainEqual({ place: 3, attempt: 4 });
        expect(await effects()).toHaveLength(3);
      },
    );

    test.each(CONFLICTS)("D7: that loses a fourth time (%s) leaves nothing behind", async (code) => {
      const { work, attempts } = losing(code, 4);
      await expect(transact(world.db, work)).rejects.toMatchObject({ cause: { code } });
      expect(attempts()).toBe(4);
      expect(await effects()).toHaveLength(2);
    });

    test("that fails for another reason is not tried again", async () => {
      const { work, attempts } = losing("23514", 1);
      await expect(transact(world.db, work)).rejects.toMatchObject({ cause: { code: "23514" } });
      expect(attempts()).toBe(1);
      expect(await effects()).toHaveLength(2);
    });
  });
});

const [, postgres] = DATABASES;
describe.skipIf(!postgres?.here)("two transactions on PostgreSQL", () => {
  test("D7: that wait for each other both take effect, once", async () => {
    const world = await (postgres as (typeof DATABASES)[number]).open();
    try {
      await world.db.execute(sql`create table pairs (place integer primary key, sum integer not null)`);
      await world.db.execute(sql`insert into pairs values (1, 0), (2, 0)`);
      let meet = () => {};
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      let waiting = 0;
      let attempts = 0;
      const add = (tx: Database, place: number, by: number) =>
        tx.execute(sql`update pairs set sum = sum + ${by} where place = ${place}`);
      const crosswise = (first: number, second: number, by: number) =>
        transact(world.db, async (tx) => {
          attempts++;
          await add(tx, first, by);
          if (++waiting === 2) meet();
          await met;
          await add(tx, second, by);
        });
      await Promise.all([crosswise(1, 2, 1), crosswise(2, 1, 10)]);
      const rows = await world.db.execute(sql`select sum from pairs`);
      expect([...(rows as unknown as { sum: number }[])].map(({ sum }) => sum)).toEqual([11, 11]);
      expect(attempts).toBeGreaterThan(2);
    } finally {
      await world.close();
    }
  });
});
