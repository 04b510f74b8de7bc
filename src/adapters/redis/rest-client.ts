import { Redis } from "@upstash/redis";

const REQUEST_DEADLINE_MS = 2000;

/** The Upstash client over HTTPS. */
export function connectRest(url: string, token: string): Redis {
  return new Redis({
    url,
    token,
    automaticDeserialization: false,
    enableTelemetry: false,
    // A retry would charge a limit twice and outlast the deadline of a visit.
    retry: false,
    // As a function: with a plain signal, an aborted request resolves with the reason as if it were the value.
    signal: () => AbortSignal.timeout(REQUEST_DEADLINE_MS),
  });
}
