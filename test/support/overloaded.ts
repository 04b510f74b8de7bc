import type { Socket } from "node:net";
import { readOriginHeaders } from "../../src/http/cors.js";
import { Overload } from "../../src/http/overload.js";
import { createOverloadGate } from "../../src/http/overload-gate.js";
import { createHttpServer, type HttpServer } from "../../src/http/server.js";
import type { TestBackend } from "./backend.js";

/** A server of its own before a backend's app, which has too much to do as long as it is told so. */
export async function startOverloaded(
  { runtime }: TestBackend,
  isFull: () => boolean,
  corsOrigins: readonly string[] = [],
): Promise<{ server: HttpServer; url: string }> {
  const overload = new Overload<Socket>({ now: () => 0, isBusy: () => false });
  overload.enter = () => !isFull();
  Object.defineProperty(overload, "full", { get: isFull });
  const gate = createOverloadGate(runtime.services, overload, await readOriginHeaders(corsOrigins));
  const server = createHttpServer(runtime.app, {}, undefined, gate);
  return { server, ...(await server.listen("127.0.0.1", 0)) };
}
