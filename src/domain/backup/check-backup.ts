import { LRUCache } from "lru-cache";
import { cellsPlace } from "../analysis/stored-raw-data.js";
import { auditPlace } from "../apply-change.js";
import { cellPlace } from "../comparison/stored-comparison.js";
import type { Place, Sealer } from "../ports.js";
import { BackupError, damaged } from "./backup-error.js";
import { type BackupHeader, counting, type OnBackupProgress, type TableSum } from "./backup-format.js";
import { readBackup } from "./read-backup.js";

interface Sealed {
  text: string;
  place: Place;
  /** Where the row tells. */
  keyId?: string | undefined;
  /** Whether other rows hold the same text: it is then opened once. */
  repeats?: boolean;
}

/** What is looked at of a row. */
interface SealedRow {
  id: string;
  analysis_id: string;
  key_id: string | null;
  sealed_cells: string;
  metadata: { cell_id?: string };
  details: { user_id?: string };
}

/** What is sealed in a row, by table. */
const SEALED: Record<string, (row: SealedRow) => Sealed | undefined> = {
  analysis_results: ({ id, sealed_cells: text, key_id }) => ({
    text,
    place: cellsPlace(id),
    keyId: key_id ?? undefined,
  }),
  peg_comparison_results: ({ analysis_id, metadata: { cell_id: text } }) =>
    text === undefined ? undefined : { text, place: cellPlace(analysis_id), repeats: true },
  audit_log: ({ analysis_id, details: { user_id: text }, key_id }) =>
    key_id === null || text === undefined
      ? undefined
      : { text, place: auditPlace(analysis_id), keyId: key_id },
};

export interface CheckedBackup {
  header: BackupHeader;
  sums: readonly TableSum[];
  /** Sealed values that open with no key. */
  unreadable: number;
  /** Keys that sealed something and are not at hand, or are another secret. */
  missingKeys: readonly string[];
}

export interface CheckOptions {
  /** Whether values may not open: single ones, and all of a key that is lost. */
  keepUnreadable?: boolean | undefined;
  /** Whether no key may be lost all the same. */
  keysNeeded?: boolean;
  onProgress?: OnBackupProgress;
}

/** Cell ids of a comparison are sealed once each, so that few texts stand in many rows. */
const REMEMBERED = 1_000;

/**
 * Reads a backup to its end: that it is whole, and that everything sealed in it opens.
 *
 * @throws BackupError telling what is wrong with the file or with the keys
 */
export async function checkBackup(
  path: string,
  sealer: Sealer,
  options: CheckOptions = {},
): Promise<CheckedBackup> {
  const reader = await readBackup(path);
  try {
    const { header, sums } = reader;
    const { keepUnreadable = false, keysNeeded = false } = options;
    const withoutKeys = keepUnreadable && !keysNeeded;
    const missing = header.key_ids.filter((keyId) => !sealer.knows(keyId));
    if (missing.length && !withoutKeys) throw new BackupError(missingWords(missing.join(", "), keysNeeded));
    const count = counting(header, options.onProgress ?? (() => undefined));
    const opened = new LRUCache<string, boolean>({ max: REMEMBERED });
    const fitting = new Set<string>();
    const failing = new Set<string>();
    // By these a server tells, at its start, whether its keys are the right ones.
    const failingAnalyses = new Set<string>();
    let unreadable = 0;
    let firstUnreadable = "";
    for await (const { table, line } of reader.rows()) {
      count(table, 1);
      const sealed = sealedIn(table, line);
      if (!sealed) continue;
      const { place, keyId } = sealed;
      const fits = await opensOnce(sealer, sealed, opened);
      if (keyId !== undefined) (fits ? fitting : failing).add(keyId);
      if (fits) continue;
      if (keyId !== undefined && table === "analysis_results") failingAnalyses.add(keyId);
      if (++unreadable === 1) firstUnreadable = `${table} of ${place.record}`;
    }
    const wrong = [...failing].filter((keyId) => !fitting.has(keyId));
    if (wrong.length && !keepUnreadable) throw new BackupError(wrongWords(wrong.join(", "), keysNeeded));
    const unusable = wrong.filter((keyId) => failingAnalyses.has(keyId));
    if (unusable.length && keysNeeded) throw new BackupError(wrongWords(unusable.join(", "), keysNeeded));
    if (unreadable > 0 && !keepUnreadable) {
      throw new BackupError(
        `${unreadable} sealed values do not open with any key, the first in ${firstUnreadable}: put back the key that sealed them, or give --keep-unreadable to take them along as they are.`,
      );
    }
    return { header, sums, unreadable, missingKeys: [...new Set([...missing, ...wrong])].sort() };
  } finally {
    await reader.close();
  }
}

function sealedIn(table: string, line: string): Sealed | undefined {
  const find = SEALED[table];
  if (!find) return undefined;
  try {
    return find(JSON.parse(line) as SealedRow);
  } catch {
    throw damaged(`a row of ${table} cannot be read`);
  }
}

function missingWords(keys: string, needed: boolean): string {
  return needed
    ? `The backup needs ${keys}, which is not among the keys: set ENCRYPTION_KEYS to those that the data was sealed with.`
    : `The backup needs ${keys}, which is not among the keys: set ENCRYPTION_KEYS to those that the data was sealed with, or give --keep-unreadable to take along as it is what they sealed.`;
}

function wrongWords(keys: string, needed: boolean): string {
  return needed
    ? `The backup does not open with ${keys}: it was sealed with another secret under that name. Put that back.`
    : `The backup does not open with ${keys}: it was sealed with another secret under that name. Put that back, or give --keep-unreadable to take along as it is what it sealed.`;
}

/** Whether a value opens: of one that repeats as it was found before. What does not may be long, and is not kept. */
async function opensOnce(
  sealer: Sealer,
  { text, place, repeats }: Sealed,
  opened: LRUCache<string, boolean>,
): Promise<boolean> {
  if (!repeats) return opens(sealer, text, place);
  const known = `${place.record} ${text}`;
  const fits = opened.get(known) ?? (await opens(sealer, text, place));
  opened.set(known, fits);
  return fits;
}

function opens(sealer: Sealer, text: string, place: Place): Promise<boolean> {
  return sealer.open(text, place).then(
    () => true,
    () => false,
  );
}
