const BATCH = 5;

/** The target of one call, as the typed client writes it. */
export function callTarget(id: string): string {
  return `/trpc/pegComparison.get?input=${encodeURIComponent(JSON.stringify({ json: { id } }))}`;
}

/** The target of a batch of the same call five times. */
export function batchTarget(id: string): string {
  const paths = Array.from({ length: BATCH }, () => "pegComparison.get").join(",");
  const inputs = Object.fromEntries(Array.from({ length: BATCH }, (_, i) => [i, { json: { id } }]));
  return `/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
}

/** Calls that a batch carries. */
export const CALLS_IN_BATCH = BATCH;

/** A whole request as it goes over the wire. */
export function rawRequest(target: string, port: number, token: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nAccept: */*\r\n\r\n`;
}
