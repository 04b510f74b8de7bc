import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { exportJWK, generateKeyPair } from "jose";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { createSay } from "../../src/cli/words.js";
import { developmentKeys } from "../../src/development-keys.js";
import { examine } from "../../src/doctor/examine.js";
import { createMcpServer } from "../../src/mcp-server/server.js";
import { sampleAnalysis, startBackend, TEST_ENV } from "../support/backend.js";
import {
  createTestDatabase,
  createTestRedis,
  hasPostgres,
  hasRedis,
  hasRedisServer,
  startRedis,
} from "../support/database.js";
import { startDeafPooler } from "../support/deaf-pooler.js";
import { cliIsBuilt, freePort, startCli } from "../support/process.js";

type Env = Record<string, string>;
type Instead = Parameters<typeof examine>[1];
/** What a fault is planted with, and how its advice is followed: the test does what the words say, and no more. */
interface Planted {
  env: Env;
  instead?: Instead;
  mend(advice: string): Promise<{ env?: Env; instead?: Instead } | undefined>;
  /** What the advice has to speak of. */
  says: RegExp;
}

const english = createSay({});
const korean = createSay({ LANG: "ko_KR.UTF-8" });
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "peg-doctor-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const inMemory: Env = { ...TEST_ENV };

async function found(check: string, { env, instead }: Pick<Planted, "env" | "instead">) {
  const findings = await examine(env, instead);
  const found = findings.filter((finding) => finding.check(english) === check);
  return found.find(({ status }) => status === "fault" || status === "warning") ?? found[0];
}

/** Sees the fault, follows the advice, and sees the check pass. */
async function seesAndMends(check: string, status: "fault" | "warning", planted: Planted): Promise<void> {
  const before = await found(check, planted);
  expect([before?.status, before?.found(english)]).toEqual([status, expect.any(String)]);
  const advice = before?.mend?.(english) ?? "";
  expect(advice).toMatch(planted.says);
  // In Korean it says something else, with the same names of settings and the same commands.
  const inKorean = before?.mend?.(korean) ?? "";
  expect(inKorean).toMatch(/[가-힣]/);
  const names = (text: string) => new Set(text.match(/[A-Z]+(?:_[A-Z]+)+|peg-bff [a-z-]+|chmod \d+/g) ?? []);
  expect(names(inKorean)).toEqual(names(advice));
  const mended = { ...planted, ...(await planted.mend(advice)) };
  const after = await found(check, mended);
  expect([after?.status, after?.found(english)]).toEqual(["ok", expect.any(String)]);
}

/** Runs the command that an advice gives. */
async function runAdvised(advice: string, env: Env): Promise<undefined> {
  const [, command = ""] = /peg-bff ([a-z-]+)/.exec(advice) ?? [];
  const { code } = await startCli([command], env).waitForExit(60_000);
  expect([command, code]).toEqual([command, 0]);
}

describe("the doctor sees each planted fault, and its advice mends it:", { timeout: 90_000 }, () => {
  test("a setting that cannot be read", () =>
    seesAndMends("Settings", "fault", {
      env: { ...inMemory, MCP_RETRIES: "many" },
      says: /Change this setting/,
      mend: async () => ({ env: { ...inMemory, MCP_RETRIES: "2" } }),
    }));

  test("development keys that others can reach", () =>
    seesAndMends("Settings", "warning", {
      env: { ...inMemory, HOST: "0.0.0.0", ENCRYPTION_KEYS: "" },
      says: /ENCRYPTION_KEYS; or HOST/,
      mend: async () => ({ env: { ...inMemory, HOST: "127.0.0.1", ENCRYPTION_KEYS: "" } }),
    }));

  test("a log file that cannot be written", () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    return seesAndMends("Log file", "fault", {
      env: { ...inMemory, LOG_FILE: join(file, "peg.log") },
      says: /another LOG_FILE/,
      mend: async () => ({ env: { ...inMemory, LOG_FILE: join(folder(), "peg.log") } }),
    });
  });

  test("a log file in whose place is none that can be written", async () => {
    const path = folder();
    await seesAndMends("Log file", "fault", {
      env: { ...inMemory, LOG_FILE: path },
      says: /write it and its folder/,
      mend: async () => ({ env: { ...inMemory, LOG_FILE: join(path, "peg.log") } }),
    });
  });

  test.skipIf(process.getuid?.() === 0)("a log file that others have written", async () => {
    const file = join(folder(), "peg.log");
    writeFileSync(file, "", { mode: 0o400 });
    await seesAndMends("Log file", "fault", {
      env: { ...inMemory, LOG_FILE: file },
      says: /write it and its folder/,
      mend: async () => void chmodSync(file, 0o600),
    });
  });

  test("keys that other users of the machine may read", () => {
    const path = folder();
    developmentKeys(path);
    execFileSync("chmod", ["644", join(path, "development-keys.json")]);
    return seesAndMends("Data directory", "warning", {
      env: { ...inMemory, DATA_DIR: path },
      says: /chmod 600/,
      mend: async (advice) => {
        const [, command = "", ...args] = /Run: (\w+) (\d+) (\S+)/.exec(advice) ?? [];
        execFileSync(command, args);
      },
    });
  });

  test("keys that are damaged", () => {
    const path = folder();
    developmentKeys(path);
    const keys = join(path, "development-keys.json");
    copyFileSync(keys, join(path, "copy"));
    writeFileSync(keys, "{");
    return seesAndMends("Data directory", "fault", {
      env: { ...inMemory, DATA_DIR: path },
      says: /from a copy/,
      mend: async () => void copyFileSync(join(path, "copy"), keys),
    });
  });

  test("a disk that is nearly full", () =>
    seesAndMends("Disk", "warning", {
      env: { ...inMemory, DATA_DIR: folder() },
      instead: { freeBytes: () => 200 * 1024 ** 2 },
      says: /Make room/,
      mend: async () => ({ instead: { freeBytes: () => 5 * 1024 ** 3 } }),
    }));

  test("an analysis service that is away", async () => {
    const gone = `http://127.0.0.1:${await freePort()}`;
    await seesAndMends("Analysis service", "fault", {
      env: { ...inMemory, MCP_URL: gone },
      says: /MCP_URL right/,
      mend: async () => ({ env: { ...inMemory, MCP_URL: inject("analysisServiceUrl") } }),
    });
  });

  test("an analysis service that asks for another token", async () => {
    const service = createMcpServer({ token: "the-right-token" });
    const { url } = await service.listen("127.0.0.1", 0);
    cleanups.push(() => service.close());
    await seesAndMends("Analysis service", "fault", {
      env: { ...inMemory, MCP_URL: url, MCP_TOKEN: "another" },
      says: /Set MCP_TOKEN/,
      mend: async () => ({ env: { ...inMemory, MCP_URL: url, MCP_TOKEN: "the-right-token" } }),
    });
  });

  test("another program in the place of the analysis service", async () => {
    const url = await serve((_, response) => response.writeHead(404).end("nothing here"));
    await seesAndMends("Analysis service", "fault", {
      env: { ...inMemory, MCP_URL: url },
      says: /Set MCP_URL/,
      mend: async () => ({ env: { ...inMemory, MCP_URL: inject("analysisServiceUrl") } }),
    });
  });

  test("a key set without a key", async () => {
    let keys: object[] = [];
    const url = await serve((_, response) => response.end(JSON.stringify({ keys })));
    const { publicKey } = await generateKeyPair("ES256", { extractable: true });
    await seesAndMends("Tokens", "fault", {
      env: { ...inMemory, JWT_SECRET: "", JWT_JWKS_URL: url },
      says: /keys that have a kid/,
      mend: async () => {
        keys = [{ ...(await exportJWK(publicKey)), kid: "k1" }];
      },
    });
  });

  describe.skipIf(!hasRedis)("Redis", () => {
    test("that is away", async () => {
      const redis = await createTestRedis();
      cleanups.push(() => redis.stop());
      await seesAndMends("Redis", "fault", {
        env: { ...inMemory, REDIS_URL: `redis://127.0.0.1:${await freePort()}` },
        says: /Start Redis/,
        mend: async () => ({ env: { ...inMemory, REDIS_URL: redis.url } }),
      });
    });

    test("that asks for another password", async () => {
      const redis = await createTestRedis();
      const raw = new Redis(redis.url);
      await raw.config("SET", "requirepass", "secret");
      cleanups.push(() => [raw.disconnect(), redis.stop()]);
      await seesAndMends("Redis", "fault", {
        env: { ...inMemory, REDIS_URL: redis.url },
        says: /password into REDIS_URL/,
        mend: async () => ({ env: { ...inMemory, REDIS_URL: redis.url.replace("//", "//:secret@") } }),
      });
    });

    test("that throws keys away", async () => {
      const redis = await createTestRedis();
      const raw = new Redis(redis.url);
      await raw.config("SET", "maxmemory-policy", "allkeys-lru");
      cleanups.push(() => [raw.disconnect(), redis.stop()]);
      await seesAndMends("Redis", "warning", {
        env: { ...inMemory, REDIS_URL: redis.url },
        says: /volatile-lru/,
        mend: async (advice) => {
          const [, ...words] = /redis-cli config set (\S+) (\S+)/.exec(advice) ?? [];
          await raw.config("SET", ...(words as [string, string]));
        },
      });
    });
  });

  test.skipIf(!hasRedisServer)("a Redis that is a replica", async () => {
    const [primary, replica] = await Promise.all([startRedis(), startRedis()]);
    const raw = new Redis(replica.url);
    await raw.replicaof("127.0.0.1", primary.port);
    cleanups.push(() => [raw.disconnect(), primary.stop(), replica.stop()]);
    await seesAndMends("Redis", "fault", {
      env: { ...inMemory, REDIS_URL: replica.url },
      says: /REDIS_URL at the primary/,
      mend: async () => ({ env: { ...inMemory, REDIS_URL: primary.url } }),
    });
  });

  describe.skipIf(!hasPostgres || !cliIsBuilt)("PostgreSQL", () => {
    let env: Env;
    let url: string;
    let drop: () => Promise<void>;
    const OTHER_KEY = Buffer.alloc(32, 9).toString("base64url");
    beforeAll(async () => {
      ({ url, drop } = await createTestDatabase());
      env = { ...TEST_ENV, DATABASE_URL: url };
      // Migrated, and with something that is sealed.
      const backend = await startBackend({ DATABASE_URL: url });
      await (await backend.clientOf("owner")).analysis.create.mutate(sampleAnalysis());
      await backend.stop();
    }, 60_000);
    afterAll(() => drop());

    test("that is away", async () => {
      const gone = new URL(url);
      gone.port = String(await freePort());
      await seesAndMends("Database", "fault", {
        env: { ...env, DATABASE_URL: gone.href },
        says: /Start the database/,
        mend: async () => ({ env }),
      });
    });

    test("without the database that the settings name", async () => {
      const absent = new URL(url);
      absent.pathname = `${absent.pathname}_absent`;
      const sql = postgres(url, { max: 1 });
      await seesAndMends("Database", "fault", {
        env: { ...env, DATABASE_URL: absent.href },
        says: /createdb/,
        mend: async (advice) => {
          const [, name = ""] = /createdb (\w+)/.exec(advice) ?? [];
          await sql`create database ${sql(name)}`;
          cleanups.push(async () => {
            await sql`drop database ${sql(name)} with (force)`;
            await sql.end();
          });
        },
      });
    });

    test("that is not migrated", async () => {
      const empty = await createTestDatabase();
      cleanups.push(() => empty.drop());
      const own = { ...env, DATABASE_URL: empty.url };
      await seesAndMends("Migrations", "fault", {
        env: own,
        says: /peg-bff migrate/,
        mend: (advice) => runAdvised(advice, own),
      });
    });

    test("that a newer version has migrated", async () => {
      const sql = postgres(url, { max: 1 });
      cleanups.push(() => sql.end());
      await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', 9999999999999)`;
      await seesAndMends("Migrations", "fault", {
        env,
        // As it is for the version that knows it.
        says: /that version/,
        mend: async () => void (await sql`delete from drizzle.__drizzle_migrations where hash = 'newer'`),
      });
    });

    test("without a job queue", async () => {
      const sql = postgres(url, { max: 1, onnotice: () => undefined });
      cleanups.push(() => sql.end());
      await sql`drop schema pgboss cascade`;
      await seesAndMends("Job queue", "fault", {
        env,
        says: /peg-bff migrate/,
        mend: (advice) => runAdvised(advice, env),
      });
    });

    test("behind a pooler that loses what is announced", async () => {
      const pooler = await startDeafPooler(url);
      cleanups.push(() => pooler.stop());
      const through = { ...env, DATABASE_URL: pooler.url };
      await seesAndMends("Announcements", "fault", {
        env: through,
        says: /DATABASE_LISTEN_URL/,
        mend: async () => ({ env: { ...through, DATABASE_LISTEN_URL: url } }),
      });
    });

    test("whose clock differs", () =>
      seesAndMends("Clock", "fault", {
        env,
        instead: { now: () => Date.now() + 90_000 },
        says: /NTP/,
        mend: async () => ({ instead: {} }),
      }));

    test("with data that a key sealed which is gone", () =>
      seesAndMends("Keys", "fault", {
        env: { ...env, ENCRYPTION_KEYS: `other:${OTHER_KEY}` },
        says: /after the first key/,
        mend: async (advice) => {
          expect(advice).toContain("Add test to ENCRYPTION_KEYS");
          // It then may be dispensed with, which is another finding.
          const both = { ...env, ENCRYPTION_KEYS: `other:${OTHER_KEY},${TEST_ENV.ENCRYPTION_KEYS}` };
          expect((await found("Keys", { env: both }))?.status).toBe("warning");
          return { env: { ...env, ENCRYPTION_KEYS: `${TEST_ENV.ENCRYPTION_KEYS},other:${OTHER_KEY}` } };
        },
      }));

    test("with data that is sealed, while no key is made here yet, and none is made by looking", async () => {
      const { ENCRYPTION_KEYS: _, ...without } = env;
      const path = join(folder(), "not-there-yet");
      const { status, mend } = (await found("Keys", { env: { ...without, DATA_DIR: path } as Env })) ?? {};
      expect([status, mend?.(english)]).toEqual([
        "fault",
        expect.stringContaining("Add test to ENCRYPTION_KEYS"),
      ]);
      expect(existsSync(path)).toBe(false);
    });

    test("with data that another secret of the same name sealed", () =>
      seesAndMends("Keys", "fault", {
        env: { ...env, ENCRYPTION_KEYS: `test:${OTHER_KEY}` },
        says: /right secret/,
        mend: async () => ({ env }),
      }));

    test("with data that an old key sealed", () => {
      const both = { ...env, ENCRYPTION_KEYS: `other:${OTHER_KEY},${TEST_ENV.ENCRYPTION_KEYS}` };
      return seesAndMends("Keys", "warning", {
        env: both,
        says: /rotate-keys/,
        mend: (advice) => runAdvised(advice, both),
      });
    });
  });
});

test("what is well is told as well, and nothing is made", async () => {
  const path = join(folder(), "not-there-yet");
  const findings = await examine({ DATA_DIR: path });
  expect(findings.map(({ status }) => status)).not.toContain("fault");
  expect(findings.map(({ check }) => check(english))).toEqual(
    expect.arrayContaining([
      "Settings",
      "Data directory",
      "Disk",
      "Database",
      "Redis",
      "Analysis service",
      "Tokens",
    ]),
  );
  expect(() => execFileSync("ls", [path], { stdio: "pipe" })).toThrow();
});

test("the database is looked at whatever the data directory is like", async () => {
  const nowhere = join(folder(), "file");
  writeFileSync(nowhere, "");
  const DATABASE_URL = `postgres://peg@127.0.0.1:${await freePort()}/peg`;
  const all = { ...TEST_ENV, DATABASE_URL, DATA_DIR: join(nowhere, "data") };
  const checksOf = async (env: Env) =>
    (await examine(env)).map(({ check, status }) => `${check(english)}: ${status}`);
  // With keys and a database elsewhere nothing lies in it.
  const apart = await checksOf(all);
  expect(apart).toContain("Database: fault");
  expect(apart.join()).not.toMatch(/Data directory|Disk/);
  const { ENCRYPTION_KEYS: _, ...without } = all as Env;
  expect(await checksOf(without)).toEqual(
    expect.arrayContaining(["Data directory: fault", "Database: fault"]),
  );
});

describe.skipIf(!cliIsBuilt)("the command", { timeout: 60_000 }, () => {
  const run = async (env: Env, args: string[] = []) => {
    const command = startCli(["doctor", ...args], env);
    const { code } = await command.waitForExit(30_000);
    return { code, stdout: command.stdout, stderr: command.stderr };
  };

  test("ends with 0 where all is well and 1 where something is not, and says it as JSON in a pipe", async () => {
    const [well, ill] = await Promise.all([
      run(inMemory),
      run({ ...inMemory, LANG: "ko_KR.UTF-8", MCP_URL: `http://127.0.0.1:${await freePort()}` }),
    ]);
    expect([well.code, well.stderr]).toEqual([0, ""]);
    expect(JSON.parse(well.stdout)).toContainEqual({
      check: "Settings",
      status: "ok",
      found: "All can be read.",
    });
    expect(ill.code).toBe(1);
    expect(JSON.parse(ill.stdout)).toContainEqual({
      check: "분석 서비스",
      status: "fault",
      found: expect.stringMatching(/응답이 없습니다\(ECONNREFUSED\)/),
      mend: expect.stringContaining("MCP_URL"),
    });
  });
});
