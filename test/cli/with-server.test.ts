import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, isPegError } from "../../src/client/index.js";
import { analysisCreateOutput } from "../../src/contract/analysis.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis } from "../support/backend.js";
import { prepareDataDir } from "../support/data-dir.js";
import { cliIsBuilt, startCli, startProcess, type TestProcess } from "../support/process.js";
import { findOnPath } from "../support/programs.js";
import { sharedData } from "../support/shared-data.js";

const CLI = fileURLToPath(new URL("../../dist/bundle/peg-bff.js", import.meta.url));
/** util-linux's: it runs a command on a terminal of its own. */
const hasTerminal = process.platform === "linux" && findOnPath("script") !== undefined;
const ESCAPE = "\u001b[";

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ended(command: TestProcess): Promise<Outcome> {
  const { code } = await command.waitForExit(30_000);
  return { code, stdout: command.stdout, stderr: command.stderr };
}

describe.skipIf(!cliIsBuilt)("while a server runs on a data directory", { timeout: 60_000 }, () => {
  let folder: string;
  let env: Record<string, string>;
  let server: TestProcess;
  let service: TestAnalysisService;
  let url: string;

  const run = (args: string[], more: Record<string, string> = {}) =>
    ended(startCli(args, { ...env, ...more }));
  const startOnTerminal = (shell: string, more: Record<string, string> = {}) =>
    startProcess({
      command: "script",
      args: ["-qec", shell, "/dev/null"],
      env: { ...env, TERM: "xterm", ...more },
    });
  const onTerminal = (shell: string, more: Record<string, string> = {}) =>
    ended(startOnTerminal(shell, more));
  /** A comparison that is held until the terminal shows it in progress. */
  const drawn = async (id: string, shown: string, more: Record<string, string> = {}) => {
    await run(["import", file(`${id}.json`, sampleAnalysis({ id }))]);
    const release = service.hold();
    const command = startOnTerminal(cli("compare", id, "--async"), more);
    await command.waitForText(shown);
    release();
    const { code, stdout } = await ended(command);
    expect(code).toBe(0);
    return stripVTControlCharacters(stdout);
  };
  const cli = (...args: string[]) => `'${process.execPath}' '${CLI}' ${args.join(" ")}`;

  function file(name: string, content: unknown, gzip = false): string {
    const path = join(folder, name);
    const text = JSON.stringify(content);
    writeFileSync(path, gzip ? gzipSync(text) : text);
    return path;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "peg-cli-"));
    service = await startAnalysisService();
    env = { DATA_DIR: join(folder, "data"), RATE_LIMIT_GET: "1000/1m", MCP_URL: service.url };
    prepareDataDir(join(folder, "data"));
    server = startCli(["serve"], { ...env, PORT: "0" });
    [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, 30_000);
    await run(["import", file("known.json", sampleAnalysis({ id: "known" }))]);
  });
  afterAll(async () => {
    await server?.kill("SIGKILL");
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("token prints one that it takes, of that user and no other", async () => {
    const [alice, operator] = await Promise.all([
      run(["token", "--sub", "alice", "--expires", "5m"]),
      run(["token", "--sub", "root", "--scope", "peg:admin"]),
    ]);
    expect(alice).toMatchObject({ code: 0, stderr: "" });
    const token = alice.stdout.trim();
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as object;
    expect(payload).toMatchObject({ sub: "alice" });
    const client = createPegClient({ url, token });
    const { id } = await client.analysis.create.mutate(sampleAnalysis());
    expect(await client.analysis.byId.query({ id })).toMatchObject({ id });
    const refused = await client.analysis.byId.query({ id: "known" }).catch((error: unknown) => error);
    expect(isPegError(refused, "PERMISSION_DENIED")).toBe(true);
    const asOperator = createPegClient({ url, token: operator.stdout.trim() });
    expect(await asOperator.analysis.byId.query({ id })).toMatchObject({ id });
  });

  test("compare --async gives the same JSON in a pipe, and no bar", async () => {
    await run(["import", file("task.json", sampleAnalysis({ id: "task" }))]);
    const compared = await run(["compare", "task", "--async"]);
    expect([compared.code, compared.stderr]).toEqual([0, ""]);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      status: "COMPLETED",
      cached: true,
      data: { analysis_id: "task" },
    });
  });

  test.skipIf(!hasTerminal)(
    "compare --async draws a bar to the end on a terminal, then the table",
    async () => {
      const text = await drawn("drawn", "processing");
      expect(text).toMatch(/ \d+ % (pending|processing)/);
      expect(text).toMatch(/█{30} 100 % completed\r?\n/);
      expect(text).toContain("Comparison of drawn");
    },
  );

  test.skipIf(!hasTerminal)(
    "compare --async draws its bar and its table in Korean where that is asked for",
    async () => {
      const text = await drawn("korean", "처리 중", { LANG: "ko_KR.UTF-8" });
      expect(text).toMatch(/ \d+ % (대기 중|처리 중)/);
      expect(text).toMatch(/█{30} 100 % 완료\r?\n/);
      expect(text).toContain("korean 비교분석 결과");
      expect(text).toMatch(/ PEG +가중치 +N-1 +N +변화율 +추세 +변화 크기/);
    },
  );

  test("compare --async of what cannot be compared tells why", async () => {
    const oneSided = sampleAnalysis({ id: "one-sided" });
    oneSided.stats = oneSided.stats.filter(({ period }) => period === "N");
    await run(["import", file("one-sided.json", oneSided)]);
    const compared = await run(["compare", "one-sided", "--async"]);
    expect(compared).toMatchObject({ code: 1, stdout: "" });
    expect(compared.stderr).toContain("(DATA_VALIDATION_ERROR)");
  });

  test("import stores through it what a file holds, gzipped or not, and compare gives JSON in a pipe", async () => {
    const plain = file("plain.json", { ...sampleAnalysis({ pegs: 1 }), analysis_id: "plain" });
    const gzipped = file("gzipped.json.gz", sampleAnalysis({ pegs: 3 }), true);
    const imports = await Promise.all([
      run(["import", plain]),
      run(["import", gzipped, "--id", "gzipped", "--name", "하향링크"]),
    ]);
    for (const { code, stderr } of imports) expect([code, stderr]).toEqual([0, ""]);
    const created = imports.map(({ stdout }) => JSON.parse(stdout) as { created_at: string });
    expect(created).toMatchObject([
      { id: "plain", name: null, rows: 6, pegs: 1, cells: 2 },
      { id: "gzipped", name: "하향링크", rows: 18, pegs: 3, cells: 2 },
    ]);
    for (const one of created) analysisCreateOutput.parse({ ...one, created_at: new Date(one.created_at) });

    const compared = await run(["compare", "gzipped"]);
    expect([compared.code, compared.stderr]).toEqual([0, ""]);
    expect(compared.stdout).not.toContain(ESCAPE);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      status: "COMPLETED",
      cached: false,
      data: { analysis_id: "gzipped", summary: { total_pegs: 3 } },
    });
    expect(JSON.parse((await run(["compare", "gzipped"])).stdout)).toMatchObject({ cached: true });
  });

  test.skipIf(!sharedData.found).each(["small_5g_drive.json", "large_lte_oss_2018_2019.json.gz"])(
    "import and compare take the measurements of %s",
    async (name) => {
      const imported = await run(["import", sharedData.path(name)]);
      const { id, rows } = JSON.parse(imported.stdout) as { id: string; rows: number };
      expect(rows).toBeGreaterThan(500);
      const { data } = JSON.parse((await run(["compare", id])).stdout) as {
        data: { peg_comparison_results: unknown[] };
      };
      expect(data.peg_comparison_results.length).toBeGreaterThan(2);
    },
  );

  test("import of a bad file, or to a taken id, fails and stores nothing", async () => {
    const analysis = sampleAnalysis({ id: "bad" });
    const stats = analysis.stats.map((row, i) => (i === 1 ? { ...row, avg: "100" } : row));
    const [bad, taken] = await Promise.all([
      run(["import", file("bad.json", { ...analysis, stats })]),
      run(["import", file("taken.json", sampleAnalysis({ pegs: 7 })), "--id", "known"]),
    ]);
    expect([bad.code, bad.stdout]).toEqual([1, ""]);
    expect(bad.stderr).toBe(
      `${join(folder, "bad.json")} does not hold an analysis:\n  - stats.1.avg: must be a finite number or null\n`,
    );
    expect((await run(["compare", "bad"])).stderr).toContain("ANALYSIS_NOT_FOUND");
    expect([taken.code, taken.stdout]).toEqual([1, ""]);
    expect(taken.stderr).toMatch(/\(CONFLICT\)\nGive it another id with --id\.\n$/);
    const { data } = JSON.parse((await run(["compare", "known"])).stdout) as { data: { summary: object } };
    expect(data.summary).toMatchObject({ total_pegs: 2 });
  });

  test("to revoke the last admin is refused, and no other id is advised", async () => {
    const owner = await run(["token", "--sub", "owner"]);
    const token = owner.stdout.trim();
    await run(["import", file("owned.json", sampleAnalysis({ id: "owned" })), "--token", token]);
    const refused = await run(["revoke", "owned", "owner", "--permission", "admin"]);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/ Grant it to another user first\. \(CONFLICT\)\n$/);
  });

  test("a wrong token is refused with what to do about it, from an option and from PEG_TOKEN", async () => {
    const outcomes = await Promise.all([
      run(["compare", "known", "--token", "rubbish"]),
      run(["compare", "known"], { PEG_TOKEN: "rubbish" }),
      run(["compare", "known"], { JWT_SECRET: "another secret than that of the server" }),
    ]);
    for (const { code, stdout, stderr } of outcomes) {
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/\(API_AUTHENTICATION_ERROR\)\n.*--token or PEG_TOKEN.*JWT_SECRET/);
      expect(stderr.trim().split("\n")).toHaveLength(2);
    }
  });

  test("what needs the data directory for itself names the process that has it", async () => {
    const { code, stdout, stderr } = await run(["migrate"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`in use by process ${server.pid}`);
    expect(stderr).toMatch(/stop that process, set another DATA_DIR, or set DATABASE_URL/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a reader that leaves early is no failure", async () => {
    const { code, stderr } = await ended(
      startProcess({ command: "/bin/sh", args: ["-c", `${cli("compare", "known")} | true`], env }),
    );
    expect([code, stderr]).toEqual([0, ""]);
  });

  describe.skipIf(!hasTerminal)("on a terminal", () => {
    test("compare shows a table, in colour, within its columns", async () => {
      const { code, stdout } = await onTerminal(`stty cols 60; ${cli("compare", "known")}`);
      expect(code).toBe(0);
      expect(stdout).toContain(ESCAPE);
      const lines = stripVTControlCharacters(stdout).replaceAll("\r", "").split("\n");
      expect(lines[0]).toBe("Comparison of known");
      expect(lines).toContainEqual(expect.stringMatching(/^ PEG_000 .*\+10\.0 % ▲/));
      expect(lines).toContainEqual(
        expect.stringMatching(/^Summary {2}2 PEGs: 2 improved, 0 declined, 0 stable$/),
      );
      const table = lines.slice(lines.findIndex((line) => line.startsWith(" PEG ")));
      for (const line of table.slice(0, 4)) expect(line.length).toBeLessThanOrEqual(60);
    });

    test("compare uses no colour with NO_COLOR, and gives JSON with --json", async () => {
      const [plain, json] = await Promise.all([
        onTerminal(cli("compare", "known"), { NO_COLOR: "1" }),
        onTerminal(cli("compare", "known", "--json")),
      ]);
      expect(plain.stdout).toContain("Summary  2 PEGs");
      expect(plain.stdout).not.toContain(ESCAPE);
      expect(JSON.parse(json.stdout)).toMatchObject({ status: "COMPLETED" });
    });

    test("import says what it stored and what to do next", async () => {
      const path = file("terminal.json", sampleAnalysis({ pegs: 1 }));
      const { code, stdout } = await onTerminal(cli("import", `'${path}'`, "--id", "terminal"));
      expect([code, stdout.replaceAll("\r", "")]).toEqual([
        0,
        "Stored terminal: 6 rows of 1 PEG in 2 cells.\nCompare its periods with: peg-bff compare terminal\n",
      ]);
    });
  });

  test("and after it has stopped, commands run a server of their own on what it stored", async () => {
    const before = JSON.parse((await run(["compare", "known"])).stdout) as object;
    expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    const after = await run(["compare", "known"]);
    expect(after.stderr).toBe("");
    expect(JSON.parse(after.stdout)).toEqual({ ...before, cached: true });
    expect(await run(["migrate"])).toEqual({ code: 0, stdout: "The database is up to date.\n", stderr: "" });
  });
});
