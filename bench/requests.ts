import type { Case } from "./setup.js";

const BATCH = 5;

/** The target of one call, as the typed client writes it. */
export function callTarget(id: string): string {
  return `/trpc/pegComparison.get?input=${encodeURIComponent(JSON.stringify({ json: { id } }))}`;
}

/** The address of the same over REST. */
export function restTarget(id: string): string {
  return `/api/analysis/results/${id}/peg-comparison`;
}

/** The target of a batch of the same call, so many times. */
function batchTarget(id: string, calls: number): string {
  const paths = Array.from({ length: calls }, () => "pegComparison.get").join(",");
  const inputs = Object.fromEntries(Array.from({ length: calls }, (_, i) => [i, { json: { id } }]));
  return `/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
}

/** A way to ask for the same answer. */
export interface Form {
  name: string;
  calls: number;
  target(id: string): string;
  headers?(asked: Case): Record<string, string>;
  /** What the baseline, which has no batches, is asked instead, where not the same. */
  beside?: string;
}

const GZIP = { "Accept-Encoding": "gzip" };

/** What all that do every duty are asked. */
export const FORMS: readonly Form[] = [
  { name: "tRPC", calls: 1, target: callTarget },
  { name: "tRPC, gzip", calls: 1, target: callTarget, headers: () => GZIP },
  { name: "REST", calls: 1, target: restTarget },
  { name: "REST, gzip", calls: 1, target: restTarget, headers: () => GZIP },
  {
    name: "REST, If-None-Match",
    calls: 1,
    target: restTarget,
    headers: ({ tag }) => ({ "If-None-Match": tag }),
  },
];

export const [SINGLE, SMALL] = FORMS as readonly [Form, Form];

/** What we alone are asked. */
export const BATCH_FORM: Form = {
  name: `tRPC, batch of ${BATCH}`,
  calls: BATCH,
  target: (id) => batchTarget(id, BATCH),
  beside: SINGLE.name,
};

/** As clients with a batch link ask: what is wanted within one moment goes as a list, mostly of one call. */
export const LIST_FORM: Form = {
  name: "tRPC, batch of 1, gzip",
  calls: 1,
  target: (id) => batchTarget(id, 1),
  headers: () => GZIP,
  beside: SMALL.name,
};

/** A whole request as it goes over the wire. */
export function rawRequest(
  target: string,
  port: number,
  token: string,
  headers: Record<string, string> = {},
): string {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nAccept: */*\r\n${more.join("")}\r\n`;
}
