import type { KeyObject } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, type JWK } from "jose";

/** An identity provider, as far as its keys go. */
export interface KeyServer {
  url: string;
  /** Paths asked for. */
  asked: string[];
  /** May be another from one request to the next. */
  answer: RequestListener;
  stop(): Promise<void>;
}

export async function startKeyServer(answer: RequestListener): Promise<KeyServer> {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    asked.push(request.url ?? "");
    started.answer(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const started: KeyServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`,
    asked,
    answer,
    stop: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return started;
}

/** Answers with a set of keys. */
export const jwks =
  (...keys: object[]): RequestListener =>
  (_, response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));

/** A key as a set has it. */
export const published = async (key: KeyObject, kid: string, alg = "RS256", change: Partial<JWK> = {}) => ({
  ...(await exportJWK(key)),
  kid,
  alg,
  use: "sig",
  ...change,
});
