import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import { prepareDataDir } from "../support/data-dir.js";
import { createTestDatabase, createTestRedis, hasPostgres, hasRedis } from "../support/database.js";
import { PLENTY } from "../support/faces.js";
import { cliIsBuilt, startProcess, type TestProcess } from "../support/process.js";

const SERVER = fileURLToPath(new URL("../../dist/bundle/server.js", import.meta.url));
const ANALYSES = "/api/analysis/results";
const PATIENCE_MS = 60_000;
const CLOSED = 0;

interface Server {
  process: TestProcess;
  url: string;
}

/** A client with one connection, which it keeps. */
class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /** @returns the status, or CLOSED where the connection was closed without an answer */
  ask(path: string, body?: unknown): Promise<number> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const method = body === undefined ? "GET" : "POST";
    return new Promise((resolve) => {
      const asking = request(this.url + path, { agent: this.#agent, method, headers }, (response) => {
        response
          .resume()
          .once("close", () => resolve(response.complete ? (response.statusCode ?? 0) : CLOSED));
      });
      asking.once("error", () => resolve(CLOSED));
      asking.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  create = (id: string, size = {}) => this.ask(ANALYSES, sampleAnalysis({ id, ...size }));
  read = (id: string) => this.ask(`${ANALYSES}/${id}`);
  compare = (id: string) => this.ask(`${ANALYSES}/${id}/peg-comparison`);
  leave = () => this.#agent.destroy();
}

/** What is written that is no line of the log: a warning of Node's, a stack. */
function beyondLog({ process: { stdout, stderr } }: Server): string[] {
  return `${stdout}\n${stderr}`.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
}

// Other systems have other limits, and no such way to set them.
describe.skipIf(!cliIsBuilt || process.platform !== "linux")("a server that runs out (F10)", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** @param ulimit what the process may have of something, as `ulimit` takes it */
  function start(place: Record<string, string>, ulimit = "-c 0"): TestProcess {
    const server = startProcess({
      command: "/bin/sh",
      args: ["-c", `ulimit ${ulimit} && exec "$0" "$1"`, process.execPath, SERVER],
      env: {
        ...TEST_ENV,
        ...PLENTY,
        ...place,
        LOG_LEVEL: "info",
        MCP_URL: inject("analysisServiceUrl"),
        KEEP_ALIVE_MS: "60000",
      },
    });
    cleanups.push(() => server.kill("SIGKILL"));
    return server;
  }

  async function serve(place: Record<string, string>, ulimit?: string): Promise<Server> {
    const server = start(place, ulimit);
    const [, url = ""] = await server.waitForLine(/listening on (http:\S+?)"/, PATIENCE_MS);
    return { process: server, url };
  }

  async function clientOf({ url }: Server): Promise<Client> {
    const client = new Client(url, await tokenFor("alice"));
    cleanups.push(() => client.leave());
    return client;
  }

  function embedded(): Record<string, string> {
    const dataDir = mkdtempSync(join(tmpdir(), "peg-scarce-"));
    cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
    prepareDataDir(dataDir);
    return { DATA_DIR: dataDir };
  }

  async function shared(): Promise<Record<string, string>> {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    cleanups.push(() => Promise.all([database.drop(), redis.stop()]));
    return { DATABASE_URL: database.url, REDIS_URL: redis.url };
  }

  /** Kills the server, and finds everything that was acknowledged in one that lacks nothing. */
  async function expectKept(server: Server, place: Record<string, string>, ids: string[]): Promise<void> {
    await server.process.kill("SIGKILL").catch(() => undefined);
    const next = await serve(place);
    const client = await clientOf(next);
    for (const id of ids)
      expect([id, await client.read(id), await client.compare(id)]).toEqual([id, 200, 200]);
    expect(await client.create("afterwards")).toBe(201);
    expect(beyondLog(next)).toEqual([]);
    expect(await next.process.kill("SIGTERM", PATIENCE_MS)).toEqual({ code: 0, signal: null });
  }

  test.for([
    { kind: "PostgreSQL", files: 64, here: hasPostgres && hasRedis, makePlace: shared },
    { kind: "the embedded database", files: 256, here: true, makePlace: embedded },
  ])(
    "of files, with $files on $kind, serves whom it can hold, and all again afterwards",
    { timeout: 180_000 },
    async ({ files, here, makePlace }, { skip }) => {
      skip(!here, "needs PostgreSQL and Redis");
      const place = await makePlace();
      const server = await serve(place, `-n ${files}`);
      const first = await clientOf(server);
      expect([await first.create("before"), await first.compare("before")]).toEqual([201, 200]);

      const crowd = await Promise.all(Array.from({ length: files + 50 }, () => clientOf(server)));
      const answers = await Promise.all(crowd.map((client) => client.ask("/healthz")));
      expect(new Set(answers)).toEqual(new Set([200, CLOSED]));
      const held = crowd.filter((_, i) => answers[i] === 200);
      // What a busy machine hears late, or a Redis that is slow for a moment, asks PostgreSQL, for which no file is left.
      await expect
        .poll(async () => new Set(await Promise.all(held.map((client) => client.compare("before")))), {
          timeout: PATIENCE_MS,
        })
        .toEqual(new Set([200]));
      const created = await Promise.all(held.map((client, i) => client.create(`within-${i}`)));
      expect(created.filter((status) => status !== 201 && status !== 503)).toEqual([]);
      for (const client of crowd) client.leave();

      const later = await clientOf(server);
      await vi.waitFor(async () => expect(await later.ask("/readyz")).toBe(200), { timeout: PATIENCE_MS });
      expect([await later.create("after"), await later.compare("after")]).toEqual([201, 200]);
      expect(beyondLog(server)).toEqual([]);
      const within = created.flatMap((status, i) => (status === 201 ? [`within-${i}`] : []));
      await expectKept(server, place, ["before", ...within.slice(0, 5), "after"]);
    },
  );

  test("of files before it listens, says so in words, and leaves the database in order", {
    timeout: 180_000,
  }, async () => {
    const place = embedded();
    const refused = start(place, "-n 64");
    expect(await refused.waitForExit(PATIENCE_MS)).toEqual({ code: 1, signal: null });
    expect(refused.stderr).toMatch(
      /^(Too few files may be open|The embedded database in .* \(EMFILE\)).*\n$/,
    );
    await expectKept(await serve(place), place, []);
  });

  test.skipIf(!hasPostgres || !hasRedis)(
    "of memory, with 256 MB, serves what is usual; what does not fit costs nothing that was acknowledged",
    { timeout: 180_000 },
    async () => {
      const place = await shared();
      const server = await serve(place, `-d ${256 * 1024}`);
      const client = await clientOf(server);
      const usual = Array.from({ length: 20 }, (_, i) => `usual-${i}`);
      const size = { pegs: 50, samples: 20 };
      expect(new Set(await Promise.all(usual.map((id) => client.create(id, size))))).toEqual(new Set([201]));
      expect(new Set(await Promise.all(usual.map((id) => client.compare(id))))).toEqual(new Set([200]));
      // As large as can be: half a million rows. Whether it ends the process is the system's affair.
      const large = await client.create("large", { pegs: 250, samples: 1000 });
      expect([201, 413, 503, CLOSED]).toContain(large);
      await expectKept(server, place, large === 201 ? [...usual, "large"] : usual);
    },
  );

  test("of disk, goes on reading, refuses to write, and writes again once there is room", {
    timeout: 180_000,
  }, async ({ skip }) => {
    const place = embedded();
    const { DATA_DIR = "" } = place;
    const disk = ["-t", "tmpfs", "-o", "size=100m", "none", DATA_DIR];
    if (spawnSync("mount", disk).status !== 0) return skip("only root may mount a disk");
    cleanups.push(() => void spawnSync("umount", ["--lazy", DATA_DIR]));
    prepareDataDir(DATA_DIR);
    const server = await serve(place);
    const client = await clientOf(server);
    expect([await client.create("before"), await client.compare("before")]).toEqual([201, 200]);
    const filling = join(DATA_DIR, "filling");
    spawnSync("dd", ["if=/dev/zero", `of=${filling}`, "bs=64k"]);
    const size = { pegs: 50, samples: 100 };
    const kept = ["before"];
    let status = 201;
    for (let i = 0; i < 100 && status === 201; i++) {
      status = await client.create(`full-${i}`, size);
      if (status === 201) kept.push(`full-${i}`);
    }
    expect(status).toBe(503);
    expect([await client.read("before"), await client.compare("before")]).toEqual([200, 200]);
    rmSync(filling);
    expect(await client.create("roomy", size)).toBe(201);
    expect(beyondLog(server)).toEqual([]);
    await expectKept(server, place, [...kept.slice(0, 5), "roomy"]);
  });
});
