import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { refusedIn } from "./migration-rules.js";

const FOLDER = fileURLToPath(new URL("../../drizzle/", import.meta.url));
const MIGRATIONS = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name) => ({ name, text: readFileSync(FOLDER + name, "utf8") }));

describe("D9: what the release before reads and writes stays as it is", () => {
  test("in all migrations after the first", () => {
    expect(MIGRATIONS.length).toBeGreaterThan(2);
    expect(MIGRATIONS.slice(1).flatMap(refusedIn)).toEqual([]);
  });

  test.each([
    'ALTER TABLE "t" DROP COLUMN "c"',
    'DROP TABLE "t"',
    'DROP INDEX "i"',
    'ALTER TABLE "t" RENAME TO "u"',
    'ALTER TABLE "t" RENAME COLUMN "c" TO "d"',
    'ALTER TABLE "t" ALTER COLUMN "c" SET NOT NULL',
    'ALTER TABLE "t" ALTER COLUMN "c" DROP DEFAULT',
    'ALTER TABLE "t" ALTER COLUMN "c" SET DATA TYPE integer',
    'ALTER TABLE "t" ADD COLUMN "c" integer NOT NULL',
    'ALTER TABLE "t" ADD COLUMN "c" integer UNIQUE',
    'ALTER TABLE "t" ADD COLUMN "c" integer, DROP COLUMN "d"',
    'ALTER TABLE "t" ADD CONSTRAINT "k" CHECK ("c" > 0)',
    'ALTER TABLE "t" ADD CONSTRAINT "k" FOREIGN KEY ("c") REFERENCES "public"."u"("id")',
    'CREATE UNIQUE INDEX "i" ON "t" USING btree ("c")',
    'CREATE TABLE "u" ("id" uuid REFERENCES "t"("id"))',
    `UPDATE "t" SET "c" = 'x'`,
    "alter table t drop column c",
  ])("the checker catches %s", (statement) => {
    const before = 'ALTER TABLE "t" ADD COLUMN "fine" integer;--> statement-breakpoint\n';
    expect(refusedIn({ name: "x.sql", text: `${before}-- Fine.\n${statement};` })).toEqual([
      `x.sql: ${statement}`,
    ]);
  });

  test.each([
    'ALTER TABLE "t" ADD COLUMN "c" integer DEFAULT 1 NOT NULL;',
    'ALTER TABLE "t" ADD COLUMN "c" jsonb;',
    'CREATE INDEX "i" ON "t" USING btree ("c");',
    'CREATE TABLE "u" ("id" uuid NOT NULL UNIQUE);--> statement-breakpoint\nCREATE UNIQUE INDEX "i" ON "u" USING btree ("id");',
    'CREATE TABLE "u" ("id" uuid);--> statement-breakpoint\nALTER TABLE "u" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "t"("id") ON DELETE cascade ON UPDATE no action;',
    '-- The release before lives with this: it never reads that index by name.\nDROP INDEX "i";',
  ])("the checker lets pass: %s", (text) => {
    expect(refusedIn({ name: "x.sql", text })).toEqual([]);
  });

  test("a reason holds for its own statement, and has to be one", () => {
    const [dropped, reason] = ['DROP INDEX "i";', "-- The release before lives with this:"];
    const excused = `${reason} it never reads that index by name.\n${dropped}`;
    expect(refusedIn({ name: "x", text: `${excused}--> statement-breakpoint\n${dropped}` })).toHaveLength(1);
    expect(refusedIn({ name: "x", text: `${reason} yes\n${dropped}` })).toHaveLength(1);
  });
});
