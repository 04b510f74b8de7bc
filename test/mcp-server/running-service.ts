import { afterEach } from "vitest";
import type { McpAnswer } from "../../src/mcp-server/method/compare.js";
import { createMcpServer, type McpServer, type McpServerOptions } from "../../src/mcp-server/server.js";
import { fixedClock, request, rows } from "./analysis-request.js";

export const PATH = "/mcp/peg-comparison/analysis";
export const good = request(rows("RSRP", [-98, -98], [-88, -88]));
const servers: McpServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A service on a port of its own, closed after the test; gives its address. */
export async function start(options: McpServerOptions = {}): Promise<string> {
  const server = createMcpServer({ clock: fixedClock(), ...options });
  servers.push(server);
  return (await server.listen("127.0.0.1", 0)).url;
}

interface Reply {
  status: number;
  body: {
    success?: boolean;
    data?: McpAnswer["data"];
    error?: { code: string; message: string; details?: { path: string; message: string }[] };
  };
  headers: Headers;
}

export async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const answer = await fetch(url + PATH, { method: "POST", body: text, headers });
  return { status: answer.status, body: (await answer.json()) as Reply["body"], headers: answer.headers };
}

export const refused = (code: string, message: string, details?: { path: string; message: string }[]) => ({
  success: false,
  error: { code, message, ...(details && { details }) },
});
