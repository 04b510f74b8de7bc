import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { displayWidth } from "../../src/cli/format-table.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { cliIsBuilt, freePort, startCli } from "../support/process.js";

const KOREAN = { LANG: "ko_KR.UTF-8" };

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
    expect(names).toHaveLength(16);
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
    expect(worker.stderr).toContain("워커에는 DATABASE_URL이 필요합니다.");
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

  test("runs a server of its own that says in Korean why it does not start", async () => {
    const { code, stderr } = await run(["compare", "x"], {
      ...KOREAN,
      DATABASE_URL: `postgres://user:hidden@127.0.0.1:${await freePort()}/peg`,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^데이터베이스를 사용할 수 없습니다\. .*\(.*ECONNREFUSED.*\)\n$/);
  });
});
