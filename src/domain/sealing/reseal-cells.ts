import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { Transaction } from "../../db/open.js";
import { textArray } from "../../db/run-sql.js";
import { pegComparisonResults } from "../../db/schema.js";
import { cellPlace } from "../comparison/stored-comparison.js";
import type { Sealer } from "../ports.js";
import { sealAnew } from "./seal-anew.js";

/** Each statement looks at all rows of the comparison: few statements, of a size that is no matter. */
const TEXTS_AT_A_TIME = 1_000;

/**
 * Seals the cell ids of a stored comparison anew, each text once: one may stand in many rows.
 *
 * @throws UnreadableValue; PegError where the new key may seal no more
 */
export async function resealCells(tx: Transaction, sealer: Sealer, id: string): Promise<void> {
  const cell = sql<string>`${pegComparisonResults.metadata}->>'cell_id'`;
  const ofAnalysis = eq(pegComparisonResults.analysisId, id);
  const texts = await tx
    .selectDistinct({ sealed: cell })
    .from(pegComparisonResults)
    .where(and(ofAnalysis, isNotNull(cell)));
  for (let at = 0; at < texts.length; at += TEXTS_AT_A_TIME) {
    const old = texts.slice(at, at + TEXTS_AT_A_TIME).map(({ sealed }) => sealed);
    const anew: string[] = [];
    for (const sealed of old) anew.push(await sealAnew(sealer, sealed, cellPlace(id)));
    const [before, after] = [old, anew].map((list) => sql`${textArray(list)}::text::text[]`);
    await tx
      .update(pegComparisonResults)
      .set({
        metadata: sql`jsonb_set(${pegComparisonResults.metadata}, '{cell_id}', to_jsonb(texts.after))`,
      })
      .from(sql`unnest(${before}, ${after}) as texts (before, after)`)
      .where(and(ofAnalysis, eq(cell, sql`texts.before`)));
  }
}
