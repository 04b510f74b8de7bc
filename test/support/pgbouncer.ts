import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "./guard.js";
import { freePort, startProcess } from "./process.js";
import { findOnPath } from "./programs.js";

export const pgbouncerProgram = findOnPath("pgbouncer") ?? findOnPath("/usr/sbin/pgbouncer");

/** PgBouncer with the configuration of the repository, before a database; with few connections to it. */
export async function startPgBouncer(
  databaseUrl: string,
  poolMode: "transaction" | "session" = "transaction",
  ignored = "extra_float_digits",
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "peg-pgbouncer-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const { hostname, port: behind, username, password, pathname } = new URL(databaseUrl);
  const ours = readFileSync(new URL("../../deploy/pgbouncer.ini", import.meta.url), "utf8")
    .replace(
      "peg = host=postgres port=5432 dbname=peg",
      `peg = host=${hostname} port=${behind} dbname=${pathname.slice(1)}`,
    )
    .replace("listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1")
    .replace("listen_port = 6432", `listen_port = ${port}`)
    .replace("/etc/pgbouncer/userlist.txt", join(folder, "userlist.txt"))
    .replace("pool_mode = transaction", `pool_mode = ${poolMode}`)
    // A connection changes hands between any two transactions; a session keeps its own.
    .replace(
      "default_pool_size = 20",
      `default_pool_size = ${poolMode === "session" ? 20 : 3}\nignore_startup_parameters = ${ignored}\nunix_socket_dir =`,
    );
  writeFileSync(join(folder, "pgbouncer.ini"), ours);
  writeFileSync(join(folder, "userlist.txt"), `"${username}" "${password}"\n`);
  // It refuses to run as root.
  const asUser = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
  const server = startProcess({
    command: pgbouncerProgram as string,
    args: [...asUser, join(folder, "pgbouncer.ini")],
    cwd: folder,
  });
  const release = guard({ pid: server.pid, signal: "KILL", group: true, folder });
  await server.waitForText("process up");
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${port}/peg`,
    async stop() {
      await server.kill("SIGINT");
      release();
    },
  };
}
