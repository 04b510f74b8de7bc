import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type GuardedServer, startGuardedServer } from "./guarded-server.js";
import { onFreePort } from "./ports.js";
import { bareEnvironment, executableIn, findOnPath } from "./programs.js";

const run = promisify(execFile);
const openssl = findOnPath("openssl");
const OLDEST_MAJOR = 14;
/** Unix socket paths end at 107 bytes. */
const LONGEST_TMPDIR = 60;

/** The programs of one PostgreSQL installation. */
export interface PostgresPrograms {
  folder: string;
  version: string;
}

/** A private PostgreSQL cluster. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** By which it encrypts connections for whoever asks; made out to `localhost`. Undefined where it cannot. */
  readonly certificate: string | undefined;
  stop(): Promise<void>;
}

/** Looks for PostgreSQL 14 or newer: on PATH, where pg_config says, then where Debian keeps it, newest first. */
export async function findPostgres(): Promise<PostgresPrograms | undefined> {
  const seen = new Set<string>();
  for (const folder of await candidateFolders()) {
    const postgres = executableIn(folder, "postgres");
    if (!postgres || !executableIn(folder, "initdb") || seen.has(folder)) continue;
    seen.add(folder);
    const version = await versionOf(postgres);
    if (version && Number.parseInt(version, 10) >= OLDEST_MAJOR) return { folder, version };
  }
  return undefined;
}

/** Creates a cluster in a temporary folder and starts it on 127.0.0.1 and on a Unix socket in that folder. */
export async function startPostgres({ folder: bin }: PostgresPrograms): Promise<PostgresServer> {
  const base = tmpdir().length > LONGEST_TMPDIR ? "/tmp" : tmpdir();
  const user = await unprivilegedUser();
  const password = randomBytes(16).toString("hex");
  return onFreePort(async (port) => {
    const home = await mkdtemp(join(base, "peg-test-pg-"));
    try {
      const certificate = await createCluster(bin, home, password, user);
      const server = await startCluster(bin, home, port, user);
      const url = `postgres://test:${password}@127.0.0.1:${port}/postgres`;
      return { url, port, certificate, stop: server.stop };
    } catch (error) {
      await rm(home, { recursive: true, force: true });
      throw error;
    }
  });
}

async function candidateFolders(): Promise<string[]> {
  const folders: string[] = [];
  const onPath = findOnPath("postgres");
  if (onPath) folders.push(dirname(onPath));
  const config = findOnPath("pg_config");
  if (config)
    folders.push(
      await run(config, ["--bindir"]).then(
        ({ stdout }) => stdout.trim(),
        () => "",
      ),
    );
  const debian = "/usr/lib/postgresql";
  const majors = await readdir(debian).catch(() => []);
  majors.sort((a, b) => Number(b) - Number(a));
  return [...folders, ...majors.map((major) => join(debian, major, "bin"))];
}

async function versionOf(postgres: string): Promise<string | undefined> {
  const { stdout } = await run(postgres, ["--version"], { env: bareEnvironment() }).catch(() => ({
    stdout: "",
  }));
  return /\s(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
}

type User = { uid: number; gid: number } | undefined;

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, or else `nobody`. */
async function unprivilegedUser(): Promise<User> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // The next name, then.
    }
  }
  throw new Error("PostgreSQL refuses root, and there is no user postgres or nobody to run it as");
}

/** @returns the path of its certificate */
async function createCluster(
  bin: string,
  home: string,
  password: string,
  user: User,
): Promise<string | undefined> {
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await Promise.all([home, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  const args = ["-D", join(home, "data"), "-U", "test", "--pwfile", passwordFile];
  const settings = [
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--no-locale",
    "-E",
    "UTF8",
    "--no-sync",
  ];
  await run(join(bin, "initdb"), [...args, ...settings], { cwd: home, env: bareEnvironment(), ...user });
  return openssl && makeCertificate(join(home, "data"), user);
}

async function makeCertificate(folder: string, user: User): Promise<string> {
  const [key, cert] = [join(folder, "server.key"), join(folder, "server.crt")];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert];
  await run(openssl as string, [...made, "-days", "1", "-subj", "/CN=localhost"], { env: bareEnvironment() });
  // It takes no key that others may read.
  await chmod(key, 0o600);
  if (user) await Promise.all([key, cert].map((path) => chown(path, user.uid, user.gid)));
  return cert;
}

function startCluster(bin: string, home: string, port: number, user: User): Promise<GuardedServer> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: home,
    max_connections: 200,
    fsync: "off",
    full_page_writes: "off",
    timezone: "UTC",
    ssl: openssl ? "on" : "off",
  };
  return startGuardedServer({
    command: join(bin, "postgres"),
    args: [
      "-D",
      join(home, "data"),
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    folder: home,
    ready: /ready to accept connections/,
    stopSignals: ["SIGINT", "SIGQUIT"],
    lastSignal: "QUIT",
    user,
  });
}
