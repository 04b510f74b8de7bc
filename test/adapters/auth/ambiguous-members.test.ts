import { expect, test } from "vitest";
import { hasAmbiguousMembers } from "../../../src/adapters/auth/ambiguous-members.js";

test.each([
  ['{"a":1,"a":2}', true],
  ['{"b":{"a":1},"a":2}', false],
  ['{"b":[{"a":1},{"a":1}],"a":2}', false],
  ['{"b":[{"a":1,"a":2}]}', true],
  ['{"b":{},"b":1}', true],
  ['[{"a":1}]', false],
])("names of %s are of one object each: %s", (json, ambiguous) => {
  expect(hasAmbiguousMembers(json)).toBe(ambiguous);
});

test.each(['"a":1,"a":2', '}"a":1', "]", "", '"a'])("what is no JSON is left to its reader: %s", (text) => {
  expect(hasAmbiguousMembers(text)).toBe(false);
});

test.each([
  ["escaped quotes without an end", (times: number) => `{"${'\\"'.repeat(times)}`],
  ["texts whose escape is cut off by a new line", (times: number) => `{${'"\\\n'.repeat(times)}`],
  ["names with blanks behind them", (times: number) => `{"a"${" ".repeat(times)}`],
  ["names", (times: number) => `{"a"${',"a"'.repeat(times)}`],
  ["brackets", (times: number) => "[{".repeat(times)],
])("%s cost as much as they are long, and no more", (_, text) => {
  // Where each of them is compared with all behind it, this takes seconds.
  const long = text(50_000);
  const before = process.cpuUsage();
  hasAmbiguousMembers(long);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1_000);
});
