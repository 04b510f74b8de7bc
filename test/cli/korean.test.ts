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
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { cliIsBuilt, freePort, startCli } from "../support/process.js";
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

 PEG                 가중치     N-1       N      변화율  추세  유의성
-------------------------------------------------------------------------------
 DL_Throughput_Mbps      10   42.00   47.00   +11.9 % ▲  상승  중간
 하향링크_처리율          9  0.8000  0.6000   -25.0 % ▼  하락  높음
 New_Counter              5       0   5.000  +100.0 % ▲  상승  높음 (기준값 0)

요약  PEG 3개: 개선 1, 저하 1, 유지 1
종합  개선, 가중 평균 변화율 +10.0 %(양수가 개선)
기준  상승이 개선, lower_is_better인 PEG는 하락이 개선, neutral인 PEG는 유지로 집계
제외  VoLTE_MOS: no samples in period N
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
    expect(head).toMatch(/^ PEG +주입 +결과 +일치 +변경 내용$/);
    const agreeAt = displayWidth(head.slice(0, head.indexOf("일치")));
    for (const row of rows) {
      const at = / {2}(예|아니요) /.exec(row)?.index ?? 0;
      expect(displayWidth(row.slice(0, at)) + 2).toBe(agreeAt);
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

describe.skipIf(!cliIsBuilt)("a command in Korean", { timeout: 30_000 }, () => {
  let folder: string;
  let backend: TestBackend;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "peg-korean-"));
    backend = await startBackend();
    await (await backend.clientOf("owner")).analysis.create.mutate(sampleAnalysis({ id: "known" }));
  });
  afterAll(async () => {
    await backend?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(args: string[], env: Record<string, string> = KOREAN) {
    const command = startCli(args, { DATA_DIR: join(folder, "data"), ...env });
    const { code } = await command.waitForExit(20_000);
    return { code, stdout: command.stdout, stderr: command.stderr };
  }

  /** Asks the backend of this test. */
  async function ask(user: string, ...args: string[]) {
    return run(args.concat("--url", backend.url), { ...KOREAN, PEG_TOKEN: await tokenFor(user) });
  }

  test("has its help in Korean, and no description left in English", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^사용법: peg-bff \[옵션\] \[명령\]\n\n이동통신망의 KPI 카운터를/);
    expect(stdout).toMatch(/\n옵션:\n {2}-V, --version +버전 번호를 출력합니다\n {2}-h, --help +명령의/);
    const names = [...stdout.matchAll(/^ {2}([a-z-]+)(?: \[옵션\])?(?: <\w+>)*(?: \[명령\])? {2,}/gm)].map(
      ([, name = ""]) => name,
    );
    expect(names).toHaveLength(13);
    for (const line of stdout.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(80);
    const helps = await Promise.all(names.slice(0, -1).map((name) => run([name, "--help"])));
    for (const { stdout: help } of helps) {
      expect(help).toMatch(/^사용법: /);
      expect(help).not.toMatch(/Options:|Arguments:|choices:|default:|\b(the|of|or|and) /);
    }
  });

  test("that is mistyped is refused in Korean", async () => {
    const outcomes = await Promise.all([
      run(["compar"]),
      run(["serve", "--nope"]),
      run(["migrate", "x"]),
      run(["grant", "a"]),
      run(["token"]),
      run(["grant", "a", "b", "--permission", "own"]),
      run(["compare", "x", "--url", "nowhere"]),
      run(["compare", "x", "--url"]),
    ]);
    expect(
      outcomes.map(({ stderr }) => stderr.replace("(자세한 내용은 peg-bff --help를 참고하십시오)\n", "")),
    ).toEqual([
      "오류: 알 수 없는 명령 'compar'\n(혹시 compare을(를) 찾으십니까?)\n",
      "오류: 알 수 없는 옵션 '--nope'\n",
      "오류: 'migrate' 명령의 인자가 너무 많습니다. 인자 0개가 필요하지만 1개를 받았습니다.\n",
      "오류: 필수 인자 'user'이(가) 없습니다\n",
      "오류: 필수 옵션 '--sub <user>'을(를) 지정하지 않았습니다\n",
      "오류: 옵션 '--permission <type>'의 인자 'own'이(가) 올바르지 않습니다. 허용되는 값은 read, write, admin입니다.\n",
      "오류: 옵션 '--url <url>'의 인자 'nowhere'이(가) 올바르지 않습니다. http://127.0.0.1:3000과 같은 서버 주소를 지정하십시오.\n",
      "오류: 옵션 '--url <url>'의 인자가 없습니다\n",
    ]);
    for (const { code } of outcomes) expect(code).toBe(1);
  });

  test("that fails says why, and what to do", async () => {
    const bad = join(folder, "bad.json");
    writeFileSync(bad, JSON.stringify({ stats: [{ kpi_name: "RSRP", period: "N", avg: "1" }], weights: {} }));
    const port = await freePort();
    const [file, absent, server, worker] = await Promise.all([
      run(["import", bad]),
      run([
        "import",
        join(folder, "absent.csv"),
        "--n1",
        "2024-01-01/2024-01-02",
        "--n",
        "2024-01-03/2024-01-04",
      ]),
      run(["compare", "x", "--token", "t", "--url", `http://127.0.0.1:${port}`]),
      run(["worker"]),
    ]);
    expect(file.stderr.split("\n")).toEqual(
      expect.arrayContaining([
        `${bad} 파일의 분석이 올바르지 않습니다:`,
        "  - stats.0.avg: 유한한 숫자 또는 null이어야 합니다",
        "  - period_info: 필수 항목이 없습니다",
        "  - weights: 알 수 없는 필드입니다",
      ]),
    );
    expect(absent.stderr).toBe(
      `${join(folder, "absent.csv")} 파일을 읽을 수 없습니다: 해당 파일이 없습니다\n`,
    );
    expect(server.stderr).toBe(
      `127.0.0.1:${port}에서 서버가 응답하지 않습니다(ECONNREFUSED). peg-bff serve로 시작하거나 --url을 확인하십시오.\n`,
    );
    expect(worker.stderr).toContain("작업자(worker)에는 DATABASE_URL이 필요합니다.");
  });

  test("passes on what the server says in Korean, with the code; its JSON stays", async () => {
    const [refused, wrong, compared] = await Promise.all([
      ask("mallory", "compare", "known"),
      ask("owner", "grant", "known", "bob", "--expires", "yesterday"),
      ask("owner", "compare", "known"),
    ]);
    expect(refused.stderr).toBe(
      "권한이 없습니다. 이 분석의 admin 권한을 가진 사용자에게 권한 부여를 요청하십시오. (PERMISSION_DENIED)\n",
    );
    expect(wrong.stderr).toContain(
      "\n  - expires_at: 2024-01-15T10:35:00Z와 같은 ISO 8601 시각이어야 합니다\n",
    );
    expect(compared.stderr).toBe("");
    expect(JSON.parse(compared.stdout)).toMatchObject({ status: "COMPLETED", cached: false });
    const granted = await ask("owner", "grant", "known", "bob");
    expect(granted.stdout).toBe("사용자 bob, 분석 known: read 권한이 있습니다.\n");
  });

  test("speaks English again with LC_ALL=C", async () => {
    const env = { ...KOREAN, LC_ALL: "C", PEG_TOKEN: await tokenFor("mallory") };
    const { stderr } = await run(["compare", "known", "--url", backend.url], env);
    expect(stderr).toMatch(/^You have no permission for this\..* \(PERMISSION_DENIED\)\n$/);
  });

  test("needs no server that starts in English: that of its own says in Korean what is wrong", async () => {
    const { code, stderr } = await run(["migrate"], {
      ...KOREAN,
      DATABASE_URL: `postgres://user:hidden@127.0.0.1:${await freePort()}/peg`,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^데이터베이스를 사용할 수 없습니다\. .*\(.*ECONNREFUSED.*\)\n$/);
  });
});
