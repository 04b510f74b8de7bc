import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createPegClient } from "../src/client/index.js";
import { makeAnalysis } from "./network.js";
import { callTarget, restTarget } from "./requests.js";
import { type Case, plainKey, readAnswerJson } from "./setup.js";

/** How often an analysis is asked for until it lies in the hottest tier of our cache. */
export const WARM_CALLS = 120;

export const PEG_COUNTS = [15, 500] as const;

/** One answer, as bytes. */
export async function fetchBody(port: number, id: string, token: string): Promise<Buffer> {
  const response = await fetch(`http://127.0.0.1:${port}${callTarget(id)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`answered ${response.status}: ${body.subarray(0, 500)}`);
  return body;
}

/** The same over REST. */
export async function fetchRest(port: number, id: string, token: string): Promise<Response> {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`http://127.0.0.1:${port}${restTarget(id)}`, { headers });
}

/** Stores an analysis of each size through the API, has it compared, and keeps the cached answer's bytes. */
export async function seedCases(port: number, token: string, folder: string): Promise<Case[]> {
  const client = createPegClient({ url: `http://127.0.0.1:${port}`, token });
  const cases: Case[] = [];
  for (const pegs of PEG_COUNTS) {
    const { id } = await client.analysis.create.mutate(makeAnalysis(`bench-${pegs}`, pegs));
    const first = await client.pegComparison.get.query({ id });
    if (first.status !== "COMPLETED" || first.data.peg_comparison_results.length !== pegs)
      throw new Error(`the comparison of ${pegs} PEGs is not what it should be`);
    for (let i = 1; i < WARM_CALLS; i++) await fetchBody(port, id, token);
    const body = await fetchBody(port, id, token);
    if (!body.includes('"cached":true')) throw new Error(`the answer of ${pegs} PEGs is not cached`);
    const bodyFile = join(folder, `answer-${pegs}.json`);
    await writeFile(bodyFile, body);
    const { headers } = await fetchRest(port, id, token);
    cases.push({ pegs, id, bodyFile, tag: headers.get("etag") ?? "" });
  }
  return cases;
}

/** Puts the answers where the plain build looks for them. */
export async function seedPlain(redisUrl: string, cases: readonly Case[]): Promise<void> {
  const redis = new Redis(redisUrl);
  for (const { id, bodyFile } of cases) {
    await redis.set(plainKey(id), JSON.stringify(readAnswerJson(bodyFile)));
  }
  await redis.quit();
}
