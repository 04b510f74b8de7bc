import { type SQL, sql } from "drizzle-orm";
import type { Transaction } from "./open.js";

/** A value as every driver takes it where the statement's own types decide. */
export type SqlValue = string | boolean | null;

/** Runs a statement that was written elsewhere, with `$1` and so on for its values. */
export type SqlRunner = (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

declare const WITHIN: unique symbol;

/** One that runs within a transaction: what has to commit with it takes no other. */
export type TransactionRunner = SqlRunner & { readonly [WITHIN]: true };

/** A list as PostgreSQL reads one from text, whatever its items hold. */
export function textArray(items: readonly (string | null)[]): string {
  const texts = items.map((item) => (item === null ? "NULL" : `"${item.replace(/["\\]/g, "\\$&")}"`));
  return `{${texts.join(",")}}`;
}

/** Lists as PostgreSQL's array text, objects as JSON, numbers and times as text: no driver has to guess. */
export function sqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return textArray(value.map(String));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Runs single statements within a transaction. */
export function runIn(tx: Transaction): TransactionRunner {
  const run: SqlRunner = async (text, values = []) => {
    const chunks = text.split(/\$(\d+)/).map((part, i): SQL => {
      return i % 2 ? sql`${sqlValue(values[Number(part) - 1])}` : sql.raw(part);
    });
    return { rows: rowsOf(await tx.execute(sql.join(chunks))) };
  };
  return run as TransactionRunner;
}

/** postgres.js answers with a list of rows, PGlite with an object that has one. */
export function rowsOf(result: unknown): Record<string, unknown>[] {
  const rows = Array.isArray(result) ? [...result] : (result as { rows?: unknown }).rows;
  return (rows ?? []) as Record<string, unknown>[];
}
