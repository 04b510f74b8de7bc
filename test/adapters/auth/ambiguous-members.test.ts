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
