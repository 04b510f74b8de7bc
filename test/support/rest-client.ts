import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { PegClient } from "../../src/client/index.js";
import { REST_ROUTES } from "../../src/http/rest/routes.js";
import type { AppRouter } from "../../src/trpc/app-router.js";
import { openEvents } from "./open-stream.js";

/** The typed client's calls, made over plain HTTP: what is tested of the one face can be tested of the other. */
export function createRestClient({ url, token }: { url: string; token: string }): PegClient {
  const headers = { authorization: `Bearer ${token}` };

  async function call(procedure: string, input: unknown): Promise<unknown> {
    const route = REST_ROUTES.find((one) => one.procedure === procedure);
    if (!route) throw new Error(`${procedure} has no route`);
    const rest = { ...(input as Record<string, unknown>) };
    const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = String(rest[name]);
      delete rest[name];
      return encodeURIComponent(value);
    });
    const query = new URLSearchParams(
      Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const address = url + path + (route.rest === "query" && query.size ? `?${query}` : "");
    if (route.streamed) {
      const stream = await openEvents(address, headers);
      await stream.ended;
      const last = stream.all().at(-1)?.data;
      return stream.status === 200 ? last : fail(stream.text(), stream.status);
    }
    const response = await fetch(address, {
      method: route.method,
      headers: { ...headers, ...(route.rest === "body" ? { "content-type": "application/json" } : {}) },
      ...(route.rest === "body" ? { body: JSON.stringify(rest) } : {}),
    });
    const text = await response.text();
    return response.ok ? (JSON.parse(text) as unknown) : fail(text, response.status);
  }

  function fail(text: string, httpStatus: number): never {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    throw TRPCClientError.from({
      error: { code: -32000, message: error.message, data: { code: error.code, httpStatus, error } },
    } as never);
  }

  const link: TRPCLink<AppRouter> =
    () =>
    ({ op }) =>
      observable((observer) => {
        call(op.path, op.input).then(
          (data) => {
            observer.next({ result: { type: "data", data } });
            observer.complete();
          },
          (error: unknown) => observer.error(error as TRPCClientError<AppRouter>),
        );
      });
  return createTRPCClient<AppRouter>({ links: [link] });
}
