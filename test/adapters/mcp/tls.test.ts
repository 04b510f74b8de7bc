import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findOnPath } from "../../support/programs.js";
import { failureOf, request, serviceAt, TOKEN } from "./fixtures.js";

const openssl = findOnPath("openssl");
if (!openssl) process.stdout.write("openssl: not found, bad certificates are not tried\n");

let stop: (() => void) | undefined;
afterEach(() => stop?.());

/** Serves with a certificate of its own making; counts what gets through. */
async function serveSelfSigned(): Promise<{ url: string; requests: number }> {
  const folder = mkdtempSync(join(tmpdir(), "peg-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert];
  execFileSync(openssl as string, [...made, "-days", "1", "-subj", "/CN=localhost"], { stdio: "ignore" });
  const seen = { url: "", requests: 0 };
  const server: Server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    seen.requests++;
    response.end("{}");
  });
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stop = () => void server.close();
  seen.url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return seen;
}

describe.skipIf(!openssl)("over TLS", () => {
  it("U13: a certificate that nobody vouches for is MCP_CONNECTION_FAILED, and sees no token and no data", async () => {
    const seen = await serveSelfSigned();
    const service = serviceAt(seen.url, { token: TOKEN });
    try {
      const error = await failureOf(service.compare(request()));
      expect(error.code).toBe("MCP_CONNECTION_FAILED");
      expect(error.message).not.toContain(seen.url);
      expect(seen.requests).toBe(0);
    } finally {
      await service.close();
    }
  });
});
