import { type AddressInfo, connect, createServer } from "node:net";
import { afterEach, describe, expect, inject, test } from "vitest";
import { encryptionOf } from "../../src/db/encrypted-socket.js";
import { isDatabaseAway } from "../../src/db/errors.js";
import { openDatabase } from "../../src/db/open.js";
import { TEST_ENV } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { cliIsBuilt, startCli } from "../support/process.js";

const certificate = inject("postgresCertificate");

test("what an address says of encryption is read as the driver reads it", () => {
  const plain = { optional: false, verified: false, direct: false };
  const said = (query: string) => encryptionOf(`postgres://user:pass@a:1,b:2/name${query}`);
  for (const query of ["", "?sslmode=disable", "?ssl=false"]) expect(said(query)).toBeUndefined();
  expect(said("?sslmode=require")).toEqual(plain);
  expect(said("?application_name=x&sslmode=allow")).toEqual(plain);
  expect(said("?sslmode=prefer")).toEqual({ ...plain, optional: true });
  for (const query of ["?sslmode=verify-full", "?ssl=true", "?sslmode=require&sslrootcert=system"])
    expect(said(query)).toEqual({ ...plain, verified: true });
  expect(said("?sslmode=require&sslnegotiation=direct")).toEqual({ ...plain, direct: true });
});

describe.skipIf(!hasPostgres)("a database", () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function newDatabase(): Promise<string> {
    const { url, drop } = await createTestDatabase();
    cleanups.push(drop);
    return url;
  }

  /** Answers whoever asks to encrypt so, and passes on what is said then. */
  async function answering(url: string, answer: string): Promise<string> {
    const server = createServer((near) => {
      near.on("error", () => undefined);
      near.once("data", () => {
        const far = connect(Number(new URL(url).port), "127.0.0.1");
        far.on("error", () => undefined);
        near.write(answer);
        near.pipe(far).pipe(near);
        near.on("close", () => far.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => void server.close());
    const by = new URL(url);
    by.port = String((server.address() as AddressInfo).port);
    return by.href;
  }

  /** Whether the server encrypts what it answers. */
  async function isEncrypted(url: string): Promise<boolean> {
    const database = await openDatabase({ url, dataDir: "" });
    try {
      const text = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
      const [byPool, byText] = [await database.run(text, []), await database.run(text)];
      expect(byText).toEqual(byPool);
      return byPool.rows[0]?.ssl === true;
    } finally {
      await database.close();
    }
  }
  const failure = (url: string): Promise<Error> =>
    isEncrypted(url).then(
      () => Promise.reject(new Error("it was spoken with")),
      (error: Error) => error,
    );

  test.skipIf(!certificate)("is spoken with in secret where its address says so", async () => {
    const url = await newDatabase();
    expect(await isEncrypted(url)).toBe(false);
    for (const mode of ["require", "allow", "prefer"])
      expect(await isEncrypted(`${url}?sslmode=${mode}`)).toBe(true);
  });

  test.skipIf(!certificate)(
    "whose certificate nobody vouches for is not spoken with under verify-full",
    async () => {
      const error = await failure(`${await newDatabase()}?sslmode=verify-full`);
      expect(error).toMatchObject({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
      expect(error.message).toContain("cannot be encrypted: self-signed certificate");
      expect(isDatabaseAway(error)).toBe(true);
    },
  );

  test.skipIf(!certificate || !cliIsBuilt)(
    "under verify-full has to be the one that its certificate names",
    async () => {
      const byAddress = await newDatabase();
      const byName = byAddress.replace("@127.0.0.1:", "@localhost:");
      const migrate = async (url: string) => {
        const env = { DATABASE_URL: `${url}?sslmode=verify-full`, NODE_EXTRA_CA_CERTS: String(certificate) };
        const command = startCli(["migrate"], { ...TEST_ENV, ...env });
        return [(await command.waitForExit(60_000)).code, command.stdout + command.stderr];
      };
      expect(await migrate(byAddress)).toEqual([
        1,
        expect.stringContaining("127.0.0.1 is not in the cert's list"),
      ]);
      expect(await migrate(byName)).toEqual([0, expect.stringContaining("up to date")]);
    },
  );

  test("that does not encrypt is told nothing but where that is allowed", async () => {
    const url = await answering(await newDatabase(), "N");
    expect(await isEncrypted(`${url}?sslmode=prefer`)).toBe(false);
    for (const mode of ["require", "verify-full"]) {
      const error = await failure(`${url}?sslmode=${mode}`);
      expect(error.message).toContain("turn ssl on there");
      expect(isDatabaseAway(error)).toBe(true);
    }
  });

  test.each(["SE", "S\u0000\u0000", "NE", "E"])(
    "that answers %j is none: whoever stands between put something in",
    async (answer) => {
      const url = await answering(await newDatabase(), answer);
      for (const mode of ["require", "prefer"])
        expect((await failure(`${url}?sslmode=${mode}`)).message).toContain("turn ssl on there");
    },
  );
});
