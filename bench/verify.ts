import { deepStrictEqual } from "node:assert";
import superjson, { type SuperJSONResult } from "superjson";
import { pegComparisonGetOutput } from "../src/contract/comparison.js";
import type { Contender } from "./contenders.js";
import { fetchBody, fetchRest } from "./seed.js";
import type { Case } from "./setup.js";

function deserialize(body: Buffer): unknown {
  const sent = JSON.parse(body.toString("utf8")) as { result: { data: SuperJSONResult } };
  return superjson.deserialize(sent.result.data);
}

/**
 * Checks that what our server assembles as bytes reads as what superjson makes of the same data, and that all
 * others that answer with bytes send the same ones.
 *
 * @throws AssertionError where they differ
 */
export async function verifyAnswers(
  contenders: Record<"bare" | "baseline" | "ours" | "plain", Contender>,
  cases: readonly Case[],
  token: string,
): Promise<void> {
  for (const { id } of cases) {
    const ours = await fetchBody(contenders.ours.port, id, token);
    for (const name of ["bare", "baseline"] as const) {
      const same = ours.equals(await fetchBody(contenders[name].port, id, token));
      deepStrictEqual(same, true, `${name} answers ${id} with other bytes`);
    }
    const [rest, theirs] = await Promise.all(
      [contenders.ours, contenders.baseline].map(async ({ port }) =>
        (await fetchRest(port, id, token)).text(),
      ),
    );
    deepStrictEqual(rest === theirs, true, `baseline answers ${id} over REST with other bytes`);
    const data = deserialize(ours);
    deepStrictEqual(data, deserialize(await fetchBody(contenders.plain.port, id, token)));
    deepStrictEqual(pegComparisonGetOutput.parse(data), data);
  }
}
