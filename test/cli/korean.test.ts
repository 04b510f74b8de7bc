import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatTruth } from "../../src/cli/demo/format-truth.js";
import { simulateNetwork } from "../../src/cli/demo/simulate-network.js";
import { describeFailure } from "../../src/cli/describe-failure.js";
import { formatComparison } from "../../src/cli/format-comparison.js";
import { displayWidth } from "../../src/cli/format-table.js";
import { createSay, sayInEnglish } from "../../src/cli/words.js";
import { ConfigError, parseConfig } from "../../src/config.js";
import { lockDataDir } from "../../src/db/data-dir-lock.js";
import { developmentKeys } from "../../src/development-keys.js";
import { answerOf, peg } from "./answer.js";

const KOREAN = { LANG: "ko_KR.UTF-8" };
const say = createSay(KOREAN);

describe("the language of the command line", () => {
  test.each([
    [{}, "en"],
    [{ LANG: "" }, "en"],
    [{ LANG: "C" }, "en"],
    [{ LANG: "en_US.UTF-8" }, "en"],
    [{ LANG: "ko_KR.UTF-8" }, "ko"],
    [{ LANG: "ko_KR.utf8" }, "ko"],
    [{ LANG: "ko" }, "ko"],
    [{ LANG: "ko_KR@hanja" }, "ko"],
    // A terminal of other characters would show none of these.
    [{ LANG: "ko_KR.eucKR" }, "en"],
    [{ LANG: "kok_IN" }, "en"],
    [{ LC_MESSAGES: "ko_KR.UTF-8", LANG: "en_US.UTF-8" }, "ko"],
    [{ LC_MESSAGES: "C", LANG: "ko_KR.UTF-8" }, "en"],
    [{ LC_ALL: "ko_KR.UTF-8", LC_MESSAGES: "C", LANG: "C" }, "ko"],
    [{ LC_ALL: "C.UTF-8", LC_MESSAGES: "ko_KR.UTF-8", LANG: "ko_KR.UTF-8" }, "en"],
    [{ LC_ALL: "", LC_MESSAGES: "", LANG: "ko_KR.UTF-8" }, "ko"],
  ])("of %j is %s", (env, language) => {
    expect(createSay(env).language).toBe(language);
  });
});

describe("a comparison in Korean", () => {
  const pegs = [
    peg("DL_Throughput_Mbps", { n1: 42, n: 47, change: 11.9, weight: 10 }),
    peg("하향링크_처리율", { n1: 0.8, n: 0.6, change: -25, weight: 9 }),
    peg("New_Counter", { n1: 0, n: 5, change: 100, note: "zero_baseline" }),
  ];
  const answer = answerOf(pegs, { improved: 1, declined: 1, stable: 1 }, [
    { peg_name: "VoLTE_MOS", reason: "no samples in period N" },
  ]);

  test("is a table and a summary", () => {
    expect(formatComparison(answer, { say, color: false })).toBe(
      `
of-a-test 비교분석 결과
N-1  2024-01-01 00:00 ~ 2024-01-07 23:00 UTC
N    2024-01-08 00:00 ~ 2024-01-14 23:00 UTC

 PEG                 가중치     N-1       N      변화율  추세  변화 크기
-------------------------------------------------------------------------------
 DL_Throughput_Mbps      10   42.00   47.00   +11.9 % ▲  상승  중간
 하향링크_처리율          9  0.8000  0.6000   -25.0 % ▼  하락  높음
 New_Counter              5       0   5.000  +100.0 % ▲  상승  높음 (기준값 0)

요약  PEG 3개: 개선 1, 저하 1, 유지 1
종합  개선, 가중 평균 변화율 +10.0 %(양수가 개선)
기준  상승이 개선, lower_is_better인 PEG는 하락이 개선, neutral인 PEG는 유지로 집계
제외  VoLTE_MOS: N 기간에 표본이 없음
응답  캐시: 아니요, 처리 시간 0.012초, 알고리즘 v2.1.0`.slice(1),
    );
  });

  test.each([40, 60, 80, 100, 200])("keeps its columns straight within %d", (columns) => {
    const lines = formatComparison(answer, { say, color: false, columns }).split("\n");
    const table = lines.slice(4, 4 + pegs.length + 2);
    for (const line of table) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    const changeEnds = table.slice(2).map((line) => displayWidth(line.slice(0, line.indexOf(" %"))));
    expect(new Set(changeEnds).size).toBe(1);
    const coloured = formatComparison(answer, { say, color: true, columns });
    expect(stripVTControlCharacters(coloured)).toBe(lines.join("\n"));
  });

  test("beside what was injected is straight too", () => {
    const { truth } = simulateNetwork();
    const found = answerOf(truth.map(({ pegName }) => peg(pegName)));
    const [head = "", , ...rows] = formatTruth(truth, found, say).split("\n");
    expect(head).toMatch(/^ PEG +주입 +결과 +5% 규칙 +판정 +변경 내용$/);
    const ruleAt = displayWidth(head.slice(0, head.indexOf("5% 규칙")));
    for (const row of rows.slice(0, truth.length)) {
      const at = / {2}(\S+: )?(맞음|틀림) /.exec(row)?.index ?? 0;
      expect(displayWidth(row.slice(0, at)) + 2).toBe(ruleAt);
    }
  });
});

describe("settings that cannot be used", () => {
  const pem = "no key";
  test.each<Record<string, string>>([
    { PORT: "70000", MCP_RETRIES: "1.5", GET_DEADLINE_MS: "soon" },
    { DATABASE_URL: "mysql://x", REDIS_URL: "x", MCP_URL: "ftp://x", JWT_JWKS_URL: "x" },
    { JWT_SECRET: "short", JWT_PUBLIC_KEY: pem, RATE_LIMIT_GET: "many", WORKER: "x", LOG_LEVEL: "x" },
    { ENCRYPTION_KEYS: "x", CORS_ORIGINS: "x" },
    { ENCRYPTION_KEYS: `a:${"A".repeat(43)},a:${"B".repeat(43)}` },
    { REDIS_URL: "redis://x", UPSTASH_REDIS_REST_URL: "https://x", DATABASE_LISTEN_URL: "postgres://x" },
    { NODE_ENV: "production", WORKER: "none" },
  ])("are told in Korean, setting by setting: %j", (env) => {
    const caught = (() => {
      try {
        return parseConfig(env);
      } catch (error) {
        return error;
      }
    })();
    const { problems } = caught as ConfigError;
    const [head, ...lines] = describeFailure(caught, say).split("\n");
    expect(head).toBe("설정을 사용할 수 없습니다:");
    expect(lines).toHaveLength(problems.length);
    for (const line of lines) expect(line).toMatch(/^ {2}- [A-Z_]+(, [A-Z_]+)*: .*[가-힣]/);
    expect(describeFailure(caught, sayInEnglish)).toBe((caught as ConfigError).message);
  });

  test("are told as they are where their words are not known", () => {
    const error = new ConfigError(["SOMETHING: is odd", "no name"]);
    expect(describeFailure(error, say)).toBe(
      "설정을 사용할 수 없습니다:\n  - SOMETHING: is odd\n  - no name",
    );
  });
});

describe("what is wrong with a data directory", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "peg-korean-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const koreanOf = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      expect((error as Error).message).not.toMatch(/[가-힣]/);
      return describeFailure(error, say);
    }
    return expect.fail("did not fail");
  };

  test("is told in Korean, with what is to be done", () => {
    const release = lockDataDir(folder);
    expect(koreanOf(() => lockDataDir(folder))).toContain(`의 프로세스 ${process.pid}이(가) ${folder}을(를)`);
    release();
    writeFileSync(join(folder, "lock"), "rubbish");
    expect(koreanOf(() => lockDataDir(folder))).toContain(`${join(folder, "lock")} 파일을 읽을 수 없어`);
    writeFileSync(join(folder, "development-keys.json"), "{}");
    expect(koreanOf(() => developmentKeys(folder))).toMatch(/파일이 손상되었습니다/);
  });
});
