import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { LINE_DASHES } from "../../src/dashboard/charts/line-dashes.js";
import { JUDGE_CODES, tellDropped } from "../../src/dashboard/comparison/judge-codes.js";
import { formatHours, formatSpan } from "../../src/dashboard/format/times.js";
import { unitOf } from "../../src/dashboard/format/units.js";
import { readClaims } from "../../src/dashboard/session/claims.js";
import { say } from "../../src/dashboard/words/say.js";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const token = (claims: unknown) => `${encode({ alg: "HS256" })}.${encode(claims)}.c2ln`;

describe("a token", () => {
  test("tells whose it is and when it ends, names of any script included", () => {
    expect(readClaims(token({ sub: "민지 ✓", exp: 1_700_000_000 }))).toEqual({
      sub: "민지 ✓",
      expiresAt: new Date("2023-11-14T22:13:20Z"),
    });
  });

  test.each(["", "abc", "a.b", "a.b.c", "a.!!.c", token({ exp: 1 }), token("alice"), token(null)])(
    "is not %j",
    (text) => {
      expect(readClaims(text)).toBeUndefined();
    },
  );
});

describe("the unit of a PEG", () => {
  test.each([
    ["DL_Throughput_Mbps", undefined, "Mbit/s"],
    ["RSRP_dBm", {}, "dBm"],
    ["Latency", { unit: "ms" }, "ms"],
    ["ERAB_Drop_Rate", {}, ""],
    ["ms", undefined, ""],
    ["Latency_ms", { unit: "s" }, "s"],
  ])("of %s, defined as %j, is %j", (name, definition, unit) => {
    expect(unitOf(name, definition)).toBe(unit);
  });
});

describe("a period", () => {
  const at = (text: string) => new Date(`2024-01-${text}Z`);
  test.each([
    ["01T00:00:00", "07T23:59:59", "2024-01-01 – 2024-01-07"],
    ["01T00:00:00", "01T23:00:00", "2024-01-01"],
    ["01T08:30:00", "01T10:00:00", "2024-01-01 08:30 – 2024-01-01 10:00"],
  ])("from %s to %s reads %s", (start, end, text) => {
    expect(formatSpan(at(start), at(end))).toBe(text);
  });
});

describe("in both languages", () => {
  test.each([
    [6, "6 h", "6시간"],
    [48, "2 d", "2일"],
    [54.25, "2 d 6.3 h", "2일 6.3시간"],
  ])("%d hours are told", (hours, en, ko) => {
    expect([formatHours(hours, say.en), formatHours(hours, say.ko)]).toEqual([en, ko]);
  });

  test.each([
    [
      "cell_in_one_period",
      "7 samples of cells that are in one period only",
      "한 기간에만 있는 셀의 표본 7개",
    ],
    ["missing", "7 missing", "누락된 표본 7개"],
    ["no_light", "7 no light", "no light 7개"],
  ])("samples left out as %s are counted", (reason, en, ko) => {
    const dropped = { reason, count: 7 };
    expect([tellDropped(dropped, say.en), tellDropped(dropped, say.ko)]).toEqual([en, ko]);
  });

  test("the end of a task is told", () => {
    const time = "2024-01-01 10:00";
    expect(say.en("done at about {time} UTC", { time })).toBe("done at about 2024-01-01 10:00 UTC");
    expect(say.ko("done at about {time} UTC", { time })).toBe("2024-01-01 10:00(UTC)경 완료 예정");
  });
});

describe("the lines of both periods", () => {
  const css = readFileSync(
    fileURLToPath(new URL("../../src/dashboard/styles/base.css", import.meta.url)),
    "utf8",
  );
  /** Relative luminance, as WCAG has it, in light and in dark. */
  function luminanceOf(name: string): number[] {
    const [, ...pair] = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`).exec(css) ?? [];
    return pair.map((hex) => {
      const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => {
        const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
  }
  const contrasts = (one: string, other: string) => {
    const others = luminanceOf(other);
    return luminanceOf(one).map((a, i) => {
      const b = others[i] ?? Number.NaN;
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
  };

  test.each([
    ["before", "surface", 3],
    ["after", "surface", 3],
    ["before", "ground", 3],
    ["after", "ground", 3],
    ["before", "after", 2],
  ])("%s and %s differ in lightness, light and dark, by %d at least", (one, other, least) => {
    const found = contrasts(one, other);
    expect(found).toHaveLength(2);
    for (const contrast of found) expect(contrast).toBeGreaterThanOrEqual(least);
  });

  test("differ without colours too, and so do their means", () => {
    const patterns = Object.values(LINE_DASHES).map((dash) => dash.join());
    expect(new Set(patterns).size).toBe(4);
  });
});

test("each warning that the judge may give is told in words", () => {
  const folder = fileURLToPath(new URL("../../src/mcp-server/method/judge/", import.meta.url));
  const text = readdirSync(folder)
    .map((name) => readFileSync(folder + name, "utf8"))
    .join("\n");
  const lists = [...text.matchAll(/\bwarnings: [^\n]*/g), ...text.matchAll(/\basLevel\([^)]*\)/g)];
  const warnings = lists.flatMap(([line]) =>
    [...line.matchAll(/"([a-z_]{8,})"/g)].map(([, code = ""]) => code),
  );
  expect(warnings).toEqual(
    expect.arrayContaining(["ratio_not_pooled", "no_timestamps", "exposure_is_samples"]),
  );
  expect(warnings.filter((code) => code !== "unpaired" && !(code in JUDGE_CODES))).toEqual([]);
});
