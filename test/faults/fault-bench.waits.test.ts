import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, hasRedis } from "../support/database.js";
import { FAULT_TABLE, FAULTS, type FaultRow } from "./fault-table.js";
import { type Cell, questionsOf, runCells, type Seen } from "./run-cells.js";

const CELLS: Cell[] = FAULT_TABLE.flatMap((row) => row.faults.map((fault) => ({ ...row, fault })));
const nameOf = ({ dependency, fault }: Cell) => `${dependency} ${FAULTS[fault].says}`;

if (!hasPostgres || !hasRedis)
  process.stdout.write("The fault bench: skipped, it needs PostgreSQL and Redis\n");

describe.skipIf(!hasPostgres || !hasRedis)("the fault bench", () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  const all = new Map<string, Seen>();

  // Most of it is waiting: each dependency has a backend of its own, and they wait together.
  beforeAll(async () => {
    process.on("unhandledRejection", note).on("uncaughtException", note);
    const groups = groupByDependency();
    const seen = await Promise.all([...groups.values()].map((cells) => runCells(cells)));
    for (const one of seen.flat()) all.set(nameOf(one.cell), one);
  }, 300_000);
  afterAll(() => {
    process.off("unhandledRejection", note).off("uncaughtException", note);
    console.log(asTable([...all.values()]));
  });

  const seenOf = (cell: Cell) => {
    const seen = all.get(nameOf(cell));
    if (!seen) throw new Error("the cell was not run");
    return seen;
  };

  test.each(CELLS.map((cell) => [nameOf(cell), cell] as const))(
    "F2: %s: is answered as documented, in time",
    (_, cell) => {
      const { answers } = seenOf(cell);
      for (const question of questionsOf(cell)) {
        const answer = answers[question];
        expect([question, cell[question]?.split(" or ")]).toEqual([
          question,
          expect.arrayContaining([answer?.says]),
        ]);
        const { answeredWithinMs, writtenWithinMs = answeredWithinMs } = cell;
        expect(answer?.ms).toBeLessThan(question === "write" ? writtenWithinMs : answeredWithinMs);
      }
    },
  );

  test.each(CELLS.map((cell) => [nameOf(cell), cell] as const))(
    "F2: %s: once that is over all is well in time",
    (_, cell) => {
      const { recovered } = seenOf(cell);
      expect(recovered).toBeTypeOf("number");
      expect(recovered).toBeLessThan(cell.recoveredWithinMs);
    },
  );

  test("F2: no rejection was left unhandled", () => {
    expect(unhandled).toEqual([]);
  });
});

test("the page for operators says what is asserted here", () => {
  const page = readFileSync(fileURLToPath(new URL("../../docs/operations.md", import.meta.url)), "utf8");
  const section = /^## When something is away\n([\s\S]*?)^## /m.exec(page)?.[1] ?? "";
  const rows = section
    .split("\n")
    .filter((line) => /^\| \w/.test(line))
    .slice(1);
  expect(rows).toEqual(FAULT_TABLE.map(asDocumented));
});

/** Faults of the token keys have to be in one order, within the hour and beyond it. */
function groupByDependency(): Map<string, Cell[]> {
  const groups = new Map<string, Cell[]>();
  for (const cell of CELLS) {
    const [name = ""] = cell.dependency.split(",");
    groups.set(name, [...(groups.get(name) ?? []), cell]);
  }
  return groups;
}

const seconds = (ms: number) => `${ms / 1000} s`;

function asDocumented(row: FaultRow): string {
  const { dependency, faults, cached, cold, write, readyz, answeredWithinMs, writtenWithinMs } = row;
  const within = [
    seconds(answeredWithinMs),
    ...(writtenWithinMs ? [`writes ${seconds(writtenWithinMs)}`] : []),
  ];
  const cells = [
    dependency,
    faults.map((fault) => FAULTS[fault].says).join(", "),
    ...[cached, cold, write, readyz].map((answer) => answer.replaceAll(/([A-Z]+_[A-Z_]+)/g, "`$1`")),
    within.join(", "),
    seconds(row.recoveredWithinMs),
  ];
  return `| ${cells.join(" | ")} |`;
}

function asTable(seen: readonly Seen[]): string {
  const ms = (value: number | undefined) => (value === undefined ? "" : `${Math.round(value)} ms`);
  const head = [
    "dependency",
    "fault",
    "cached",
    "not cached",
    "write",
    "unknown key",
    "readyz",
    "reads in",
    "writes in",
    "well again in",
  ];
  const rows = seen.map(({ cell, answers, recovered }) => {
    const { cached, cold, write, unknownKey, readyz } = answers;
    const reads = [cached, cold, unknownKey, readyz].map((answer) => answer?.ms ?? 0);
    return [
      cell.dependency,
      FAULTS[cell.fault].says,
      ...[cached, cold, write, unknownKey, readyz].map((answer) => answer?.says ?? "-"),
      ms(Math.max(...reads)),
      ms(write?.ms),
      typeof recovered === "number" ? ms(recovered) : recovered,
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | "))
    .join("\n");
}
