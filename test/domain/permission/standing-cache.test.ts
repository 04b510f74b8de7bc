import { beforeEach, describe, expect, test } from "vitest";
import { type AnalysisStanding, StandingCache } from "../../../src/domain/permission/standing-cache.js";

const STANDING: AnalysisStanding = { grants: [{ permission: "read" }], analysis: undefined };

describe("what is known of users and analyses", () => {
  let cache: StandingCache;
  beforeEach(() => {
    cache = new StandingCache();
  });
  const put = (user: string, analysis: string, generation = "g1", mark = cache.mark()) =>
    cache.put(user, analysis, { generation, standing: STANDING }, mark);

  test("is of one user, one analysis and one generation", () => {
    put("u", "a");
    put("v", "a", "g2");
    expect(cache.get("u", "a", "g1")).toBe(STANDING);
    expect(cache.get("v", "a", "g2")).toBe(STANDING);
    expect(cache.get("u", "a", "g2")).toBeUndefined();
    expect(cache.get("u", "b", "g1")).toBeUndefined();
    expect(cache.get("w", "a", "g1")).toBeUndefined();
  });

  test("goes with its analysis, or with all", () => {
    put("u", "a");
    put("u", "b");
    cache.drop("a");
    expect(cache.get("u", "a", "g1")).toBeUndefined();
    expect(cache.get("u", "b", "g1")).toBe(STANDING);
    cache.dropAll();
    expect(cache.get("u", "b", "g1")).toBeUndefined();
  });

  test.each([
    ["that analysis", () => cache.drop("a")],
    ["another one", () => cache.drop("b")],
    ["all", () => cache.dropAll()],
  ])("is not kept where %s was dropped while it was read", (_, drop) => {
    const mark = cache.mark();
    drop();
    put("u", "a", "g1", mark);
    expect(cache.get("u", "a", "g1")).toBeUndefined();
    // Two drops are not none.
    cache.drop("b");
    put("u", "a", "g1", mark);
    expect(cache.get("u", "a", "g1")).toBeUndefined();
    put("u", "a");
    expect(cache.get("u", "a", "g1")).toBe(STANDING);
  });

  test("is of a thousand users of an analysis: one more, and it begins anew", () => {
    for (let user = 0; user < 1000; user++) put(`user ${user}`, "a");
    expect(cache.get("user 0", "a", "g1")).toBe(STANDING);
    put("one more", "a");
    expect(cache.get("user 0", "a", "g1")).toBeUndefined();
    expect(cache.get("one more", "a", "g1")).toBe(STANDING);
  });

  test("is of ten thousand analyses: of more, those asked for longest ago are forgotten", () => {
    for (let analysis = 0; analysis <= 10_000; analysis++) put("u", `analysis ${analysis}`);
    expect(cache.get("u", "analysis 0", "g1")).toBeUndefined();
    expect(cache.get("u", "analysis 1", "g1")).toBe(STANDING);
    expect(cache.get("u", "analysis 10000", "g1")).toBe(STANDING);
  });
});
