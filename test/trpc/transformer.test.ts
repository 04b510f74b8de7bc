import fc from "fast-check";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { transformer } from "../../src/trpc/transformer.js";
import { strangeNames } from "../domain/fixtures.js";

/** What is sent, as text. */
const sent = (value: unknown) => JSON.stringify(transformer.output.serialize(value));
const readBack = (value: unknown) => superjson.deserialize(JSON.parse(sent(value)) as never);

/** Names that superjson writes nothing under, and reads no date under. */
const REFUSED = ["constructor", "prototype", "__proto__"];

const trees = (names: fc.Arbitrary<string>, leaves: fc.Arbitrary<unknown>) =>
  fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaves,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(names, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).tree;
const json = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
const moments = fc.date({ noInvalidDate: true, max: new Date("9999-12-31") });

describe("what an answer is sent as", () => {
  test("is what superjson makes of JSON and dates", () => {
    const names = strangeNames.filter((name) => !REFUSED.includes(name));
    fc.assert(
      fc.property(trees(names, fc.oneof(json, moments)), (value) => {
        expect(JSON.parse(sent(value))).toEqual(JSON.parse(JSON.stringify(superjson.serialize(value))));
      }),
      { numRuns: 500 },
    );
  });

  test.each(["constructor", "prototype"])("T17: may hold the name %s, which superjson refuses", (name) => {
    const value = { at: new Date(1), names: [{ [name]: { [name]: 1 } }] };
    expect(() => superjson.serialize(value)).toThrow();
    expect(readBack(value)).toEqual(value);
  });

  test("leaves out what is undefined", () => {
    expect(sent({ a: undefined, b: 1 })).toBe('{"json":{"b":1}}');
    expect(readBack(undefined)).toBeUndefined();
  });
});
