import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { Database, OpenDatabase } from "../src/db/open.js";
import type { runIn } from "../src/db/run-sql.js";
import type { JobQueue } from "../src/domain/ports.js";
import { readSources } from "./layer-rules.js";
import { asideFrom } from "./transaction-rules.js";

const SOURCES = readSources(fileURLToPath(new URL("../src", import.meta.url)));

describe("within a transaction nobody asks beside it (P6, B16)", () => {
  const askedWithin = (statement: string) =>
    asideFrom({
      path: "domain/x.ts",
      text: `const look = async () => services.db.select();
        await transact(services.db, async (tx) => { await f(g(1)); ${statement} });`,
    });

  test("in all of src", () => {
    expect(SOURCES.filter(({ text }) => /\btransact\(|\.transaction\(/.test(text)).length).toBeGreaterThan(5);
    expect(SOURCES.flatMap((file) => asideFrom(file).map((what) => [file.path, what]))).toEqual([]);
  });

  test.each([
    ["the database", "await services.db.select();", "services.db"],
    ["its name alone", "await db.select();", "db"],
    ["its runner", "await services.queue.send(database.run, job);", "database"],
    ["what is taken out of the services", "const { db } = services; await db.select();", "db"],
    ["a helper that is given all services", "await helper(services, key);", "helper(services, key)"],
    ["a helper that is given them by their context", "await helper({ ctx });", "ctx"],
    ["a helper that is given the context's", "await helper(ctx.services);", "helper(ctx.services)"],
    ["a function of the same file that asks", "await look();", "look()"],
  ])("the checker catches %s", (_, statement, found) => {
    expect(askedWithin(statement)).toEqual([found]);
  });

  test("the checker catches the database in a helper that is given the transaction", () => {
    const text = "async function f(tx: Transaction, { db }: Services) { await db.select(); }";
    expect(asideFrom({ path: "domain/x.ts", text })).toEqual(["db"]);
  });

  test.each([
    "await tx.select();",
    "await services.queue.send(runIn(tx), job);",
    "await helper(tx, services, key);",
    "await helper({ ...services, db: tx }, key);",
    "const { sealer } = services;",
    "await readers.map((db) => db.name);",
  ])("the checker lets pass: %s", (statement) => {
    expect(askedWithin(statement)).toEqual([]);
  });

  test("nor can a job be sent there: it takes what runs in a transaction only", () => {
    type Runner = Parameters<JobQueue["send"]>[0];
    expectTypeOf<ReturnType<typeof runIn>>().toExtend<Runner>();
    expectTypeOf<OpenDatabase["run"]>().not.toExtend<Runner>();
    expectTypeOf<Database>().not.toExtend<Parameters<typeof runIn>[0]>();
  });
});
