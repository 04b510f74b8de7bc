import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { guard } from "./guard.js";
import { freePort, startProcess } from "./process.js";
import { findOnPath } from "./programs.js";

export const nginxProgram = findOnPath("nginx") ?? findOnPath("/usr/sbin/nginx");

/** nginx with the configuration of the repository, before two servers. */
export async function startNginx(
  urls: readonly [string, string],
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "peg-nginx-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "logs"));
  const port = await freePort();
  const ours = readFileSync(new URL("../../deploy/nginx.conf", import.meta.url), "utf8")
    .replace("api-1:3000", new URL(urls[0]).host)
    .replace("api-2:3000", new URL(urls[1]).host)
    .replace("listen 8080", `listen 127.0.0.1:${port}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  const settings = `daemon off; pid ${folder}/pid; error_log ${folder}/logs/error.log; events {}
http { access_log off; ${temporary} ${ours} }`;
  writeFileSync(join(folder, "nginx.conf"), settings);
  const server = startProcess({
    command: nginxProgram as string,
    args: ["-p", folder, "-c", join(folder, "nginx.conf")],
    cwd: folder,
  });
  const release = guard({ pid: server.pid, signal: "KILL", group: true, folder });
  const url = `http://127.0.0.1:${port}`;
  for (let look = 0; look < 100; look++) {
    if (await fetch(url, { signal: AbortSignal.timeout(1000) }).catch(() => undefined)) break;
    await sleep(50);
  }
  return {
    url,
    async stop() {
      await server.kill("SIGTERM");
      release();
    },
  };
}
