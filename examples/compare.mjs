// Stores an analysis, waits for its comparison and prints it. Needs Node 20 or newer, and no packages:
//   PEG_TOKEN=... node examples/compare.mjs
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const { PEG_URL = "http://127.0.0.1:3000", PEG_TOKEN = "" } = process.env;
const [MAX_ATTEMPTS, LONGEST_WAIT_S] = [5, 60];

const refusal = ({ code, message, details }) => Object.assign(new Error(message), { code, details });

/** Sends a request, and again where the server asks to wait. An error answer is thrown, with its code and details. */
async function call(path, init = {}) {
  const headers = { authorization: `Bearer ${PEG_TOKEN}`, ...init.headers };
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(PEG_URL.replace(/\/$/, "") + path, { ...init, headers });
    const body = await response.json().catch(() => undefined);
    if (response.ok) return { status: response.status, headers: response.headers, body };
    const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
    // What could not be answered may be stored all the same: under an id of ours it is then found.
    const mayBeStored = init.method === "POST" && attempt > 1;
    if (response.status === 409 && mayBeStored) return { status: 409, headers: response.headers, body };
    const mayPass = [429, 503].includes(response.status) && wait <= LONGEST_WAIT_S;
    if (!mayPass || attempt === MAX_ATTEMPTS)
      throw refusal(body?.error ?? { code: `HTTP ${response.status}`, message: response.statusText });
    await sleep(wait * 1000);
  }
}

/** Asks how far a task is until it has ended. */
async function completed(path, seconds) {
  for (;;) {
    const { body } = await call(path);
    if (body.status === "COMPLETED") return;
    if (body.status === "FAILED") throw refusal(body.error);
    await sleep(seconds * 1000);
  }
}

async function main() {
  const id = randomUUID();
  const analysis = JSON.parse(await readFile(new URL("analysis.json", import.meta.url), "utf8"));
  await call("/api/analysis/results", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...analysis, id }),
  });
  const path = `/api/analysis/results/${id}/peg-comparison`;

  let answer = await call(`${path}?async=true`);
  if (answer.status === 202) {
    const seconds = Number(answer.headers.get("retry-after"));
    await sleep(seconds * 1000);
    await completed(answer.headers.get("location"), seconds);
    answer = await call(path);
  }

  const { peg_comparison_results: pegs, summary } = answer.body.data;
  for (const { peg_name: name, n1_period: before, n_period: after, comparison } of pegs) {
    const { change_percent: percent, trend, significance } = comparison;
    const change = `${percent < 0 ? "" : "+"}${percent.toFixed(1)}`;
    const values = `${before.avg.toFixed(2).padStart(8)} -> ${after.avg.toFixed(2).padStart(8)}`;
    console.log(`${name.padEnd(20)} ${values}  ${change.padStart(7)} %  ${trend.padEnd(6)}  ${significance}`);
  }
  const { improved, declined, stable } = summary;
  console.log(
    `Overall ${summary.overall_trend}: ${improved} improved, ${declined} declined, ${stable} stable`,
  );
}

await main().catch(({ code = "ERROR", message, details = [], cause }) => {
  console.error(`${code}: ${message}${cause ? `: ${cause.message}` : ""}`);
  for (const detail of details) console.error(`  ${detail.path}: ${detail.message}`);
  process.exitCode = 1;
});
