import { readFileSync } from "node:fs";

/** The user that all tokens of the load speak for: the owner of the analyses. */
export const USER = "bench-engineer";

/** Both limits, so wide that nothing is refused and so short that their logs come to a steady length. */
export const LIMITS = [
  { name: "get", limit: 999_999, windowMs: 10_000 },
  { name: "all", limit: 999_999, windowMs: 60_000 },
] as const;

/** One size of answer that is measured. */
export interface Case {
  pegs: number;
  id: string;
  /** Holds what our server answers, to the byte. */
  bodyFile: string;
  /** The entity tag of the same answer over REST. */
  tag: string;
}

/** What a server of the bench needs to know: written by the parent, read by the children. */
export interface Setup {
  jwtSecret: string;
  /** Without it, limits and values are kept in the server's own memory. */
  redisUrl: string | undefined;
  cases: Case[];
}

/** Where the plain build keeps the answer of an analysis in Redis. */
export function plainKey(id: string): string {
  return `bench_plain:${id}`;
}

/** The JSON of the answer, as it stands inside what tRPC sends. */
export function readAnswerJson(bodyFile: string): unknown {
  const sent = JSON.parse(readFileSync(bodyFile, "utf8")) as { result: { data: { json: unknown } } };
  return sent.result.data.json;
}

/** Reads the setup and the port that the parent chose. */
export function readSetup(): { setup: Setup; port: number } {
  const { BENCH_SETUP: file, BENCH_PORT: port } = process.env;
  if (!file || !port) throw new Error("BENCH_SETUP and BENCH_PORT are set by bench/run.ts");
  return { setup: JSON.parse(readFileSync(file, "utf8")) as Setup, port: Number(port) };
}
