import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request, rows } from "../mcp-server/analysis-request.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { cliIsBuilt, freePort, startCli } from "../support/process.js";

const CLI = fileURLToPath(new URL("../../dist/bundle/peg-bff.js", import.meta.url));
const KNOWN = ["serve", "migrate", "mcp-server", "token", "import", "compare", "demo"];

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Commands that fail, or need no server: none of these starts one. */
describe.skipIf(!cliIsBuilt)("a command", { timeout: 30_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "peg-commands-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    const command = startCli(args, { DATA_DIR: join(folder, "data"), ...env });
    const { code } = await command.waitForExit(20_000);
    return { code, stdout: command.stdout, stderr: command.stderr };
  }

  test("is in the list of --help, and has a help of its own", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    const [, list = ""] = stdout.split("Commands:\n");
    const names = [...list.matchAll(/^ {2}([a-z-]+)\b.* {2}\S/gm)].map(([, name = ""]) => name);
    expect(names).toEqual(expect.arrayContaining(KNOWN));
    const helps = await Promise.all(
      names.filter((name) => name !== "help").map((name) => run([name, "--help"])),
    );
    for (const [i, help] of helps.entries()) {
      expect(help.code).toBe(0);
      expect(help.stdout).toContain(`Usage: peg-bff ${names[i]}`);
    }
  });

  test("that is not there is refused, with the way to help", async () => {
    const [unknown, near, none] = await Promise.all([run(["nonsense"]), run(["compar", "x"]), run([])]);
    expect(unknown).toMatchObject({ code: 1, stdout: "" });
    expect(unknown.stderr).toBe("error: unknown command 'nonsense'\n(peg-bff --help tells more)\n");
    expect(near.stderr).toContain("Did you mean compare?");
    expect(none.code).toBe(1);
    expect(none.stderr).toContain("Usage: peg-bff");
  });

  test("worker needs a database that it can share", async () => {
    const { code, stderr } = await run(["worker"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "A worker needs DATABASE_URL: the embedded database belongs to the server, which computes by itself.\n",
    );
  });

  test("--version tells the version of the package", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("token signs none where tokens come from elsewhere, and says where to get one", async () => {
    const { publicKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const { code, stdout, stderr } = await run(["token", "--sub", "alice"], { JWT_PUBLIC_KEY: publicKey });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/identity provider.*--token or PEG_TOKEN.*JWT_SECRET/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("token refuses a span of time that is none", async () => {
    const { code, stderr } = await run(["token", "--sub", "alice", "--expires", "soon"]);
    expect([code, stderr]).toEqual([1, "--expires soon: give a number and a unit, like 30m, 1h or 7d\n"]);
  });

  test("token refuses to print what no server takes: one that has ended, or ends after too long", async () => {
    const tokenOf = (expires: string) => run(["token", "--sub", "alice", `--expires=${expires}`]);
    for (const span of ["500d", "367 days", "-1h", "0s", "1 hour ago"]) {
      expect(await tokenOf(span)).toEqual({
        code: 1,
        stdout: "",
        stderr: `--expires ${span}: a token ends in the future, and after 366 days at most\n`,
      });
    }
    expect((await tokenOf("366d")).code).toBe(0);
  });

  test("that is given bad settings refuses them, all of them at once", async () => {
    const commands = [["compare", "an-id"], ["token", "--sub", "a"], ["migrate"], ["serve"]];
    const bad = { JWT_SECRET: "short", RATE_LIMIT_GET: "many" };
    for (const { code, stderr } of await Promise.all(commands.map((args) => run(args, bad)))) {
      expect(code).toBe(1);
      expect(stderr).toMatch(/^The settings cannot be used:\n( {2}- (JWT_SECRET|RATE_LIMIT_GET): .+\n){2}$/);
    }
  });

  test("import of a file that is not there, or no analysis, fails before anything is started", async () => {
    const file = join(folder, "bad.json");
    writeFileSync(
      file,
      JSON.stringify({ stats: [{ kpi_name: "RSRP", period: "N", avg: "1", cell_id: "A" }] }),
    );
    const data = join(folder, "untouched");
    const [absent, bad] = await Promise.all([
      run(["import", join(folder, "absent.json")], { DATA_DIR: data }),
      run(["import", file], { DATA_DIR: data }),
    ]);
    expect(absent).toEqual({
      code: 1,
      stdout: "",
      stderr: `${join(folder, "absent.json")} cannot be read: there is no such file\n`,
    });
    expect([bad.code, bad.stdout]).toEqual([1, ""]);
    expect(bad.stderr).toContain(`${file} does not hold an analysis:\n`);
    for (const field of ["stats.0.avg", "request_params", "period_info"]) {
      expect(bad.stderr).toContain(`\n  - ${field}: `);
    }
    expect(readdirSync(folder)).not.toContain("untouched");
  });

  test("that reaches no server says so, and what to do", async () => {
    const port = await freePort();
    const args = ["compare", "x", "--token", "any", "--url", `http://127.0.0.1:${port}`];
    // It needs no settings of a server, as the image would ask for.
    const { code, stderr } = await run(args, { NODE_ENV: "production" });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `No server answers at 127.0.0.1:${port} (ECONNREFUSED). Start it with peg-bff serve, or check --url.\n`,
    );
    const tokenless = await run(["compare", "x", "--url", `http://127.0.0.1:${port}`]);
    expect(tokenless).toMatchObject({
      code: 1,
      stderr: "--url needs your token: give --token, or set PEG_TOKEN\n",
    });
    const wrong = await run(["compare", "x", "--url", "localhost:3000"]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("Give the address of a server, like http://127.0.0.1:3000.");
  });

  test("that reaches another server says so", async () => {
    const server = createServer((_, response) => response.end("<html>It works!</html>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { code, stderr } = await run([
        "compare",
        "x",
        "--token",
        "any",
        "--url",
        `http://127.0.0.1:${port}`,
      ]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^What answered is not this API: check --url\. \(.*\)\n$/);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test("that reaches no database says which setting to look at", async () => {
    const DATABASE_URL = `postgres://user:hidden@127.0.0.1:${await freePort()}/peg`;
    for (const { code, stderr } of await Promise.all([
      run(["migrate"], { DATABASE_URL }),
      run(["compare", "x"], { DATABASE_URL }),
      run(["serve"], { DATABASE_URL, PORT: "0" }),
    ])) {
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^The database cannot be used: check DATABASE_URL, and that it runs\. \(.*ECONNREFUSED/,
      );
      expect(stderr).not.toMatch(/hidden|select|params/);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  });

  test.skipIf(!hasPostgres)("that is given a database that is not there says so", async () => {
    const database = await createTestDatabase();
    try {
      const absent = new URL(database.url);
      absent.pathname = "/absent";
      const { code, stderr } = await run(["migrate"], { DATABASE_URL: absent.href });
      expect(code).toBe(1);
      expect(stderr).toMatch(/check DATABASE_URL.*database "absent" does not exist/);
      const migrated = await run(["migrate"], { DATABASE_URL: database.url });
      expect(migrated).toEqual({ code: 0, stdout: "The database is up to date.\n", stderr: "" });
    } finally {
      await database.drop();
    }
  });

  test.skipIf(!hasPostgres)("has a server of its own that leaves alone what is the others'", async () => {
    const database = await createTestDatabase();
    const log = join(folder, "of-others.log");
    const taken = createServer();
    taken.listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    try {
      // As within a container whose server runs.
      const { code, stderr } = await run(["compare", "an-id"], {
        DATABASE_URL: database.url,
        METRICS_PORT: String(port),
        DRAIN_MS: "300000",
        LOG_FILE: log,
      });
      expect(stderr).not.toContain("Another program");
      expect(stderr).toContain("ANALYSIS_NOT_FOUND");
      expect(code).toBe(1);
      expect(existsSync(log)).toBe(false);
    } finally {
      taken.close();
      await database.drop();
    }
  });

  test("mcp-server serves the analysis service, to callers with its token, until it is told to stop", async () => {
    const server = startCli(["mcp-server", "--port", "0"], { MCP_TOKEN: "token-of-the-service" });
    const [, url = ""] = await server.waitForLine(/listens on (http:\S+)/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/mcp/peg-comparison/analysis`, { method: "POST", headers, body: "{}" });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: "Bearer token-of-the-service" })).status).toBe(400);

    const { port } = new URL(url);
    const second = await run(["mcp-server", "--port", port]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toContain(`Another program listens at 127.0.0.1:${port}: choose another port`);
    expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(server.stderr).toBe("");

    const { code, stderr } = await run(["mcp-server", "--port", "70000"]);
    expect([code, stderr.includes("A port is a number from 0 to 65535.")]).toEqual([1, true]);
  });

  test("mcp-server tells what fails in it on standard error, and the caller only that it did", async () => {
    // Each comparison is timed.
    const broken = "performance.now=()=>{throw(new(Error)('a-planted-fault'))}";
    const server = startCli(["mcp-server", "--port", "0"], {
      NODE_OPTIONS: `--import=data:text/javascript,${broken}`,
    });
    const [, url = ""] = await server.waitForLine(/listens on (http:\S+)/);
    const answer = await fetch(`${url}/mcp/peg-comparison/analysis`, {
      method: "POST",
      body: JSON.stringify(request(rows("RSRP", [-98], [-88]))),
    });
    expect([answer.status, (await answer.text()).includes("planted")]).toEqual([500, false]);
    await server.waitForLine(/^analysis service: Error: a-planted-fault$/);
    await server.kill("SIGTERM");
  });

  test("goes on where nobody reads its standard error any more", async () => {
    const file = join(folder, "seen.csv");
    writeFileSync(file, "timestamp,cell_id,A\n2024-01-01,C1,1\n2024-01-08,C1,2\n");
    const days = ["--n1", "2024-01-01/2024-01-02", "--n", "2024-01-08/2024-01-09"];
    const child = spawn(process.execPath, [CLI, "import", file, ...days, "--dry-run"], { env: {} });
    child.stderr.destroy();
    let stdout = "";
    child.stdout.on("data", (text: Buffer) => {
      stdout += text;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stdout).toContain("Nothing was stored.");
  });

  test("backup and rotate-keys refuse a directory without a database, and make none in it", async () => {
    const absent = join(folder, "no-database");
    const file = join(folder, "none.backup");
    const [backup, rotation, count, korean] = await Promise.all([
      run(["backup", file], { DATA_DIR: absent }),
      run(["rotate-keys"], { DATA_DIR: absent }),
      run(["rotate-keys", "--count"], { DATA_DIR: absent }),
      run(["rotate-keys", "--count"], { DATA_DIR: absent, LANG: "ko_KR.UTF-8" }),
    ]);
    const refusal = `There is no database in ${absent}: set DATA_DIR to the directory that holds it, or DATABASE_URL.\n`;
    for (const refused of [backup, rotation, count])
      expect(refused).toEqual({ code: 1, stdout: "", stderr: refusal });
    expect(korean.stderr).toContain(`${absent}에 데이터베이스가 없습니다.`);
    expect([existsSync(absent), existsSync(file), existsSync(`${file}.unchecked`)]).toEqual([
      false,
      false,
      false,
    ]);
  });
});
