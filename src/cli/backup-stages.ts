import type { CheckedBackup } from "../domain/backup/check-backup.js";
import { createProgressBar } from "./progress-bar.js";
import type { Say } from "./words.js";

/** Shows how far a backup or a restore is, and what it held. */
export function sayStages(say: Say) {
  const bar = createProgressBar(process.stderr);
  const words = {
    write: say("reading the database"),
    check: say("checking the file"),
    restore: say("restoring"),
  };
  return {
    update(
      stage: keyof typeof words,
      { table, done, total }: { table: string; done: number; total: number },
    ) {
      bar.update(done, total, `${words[stage]}: ${table}`);
    },
    end: () => bar.end(),
    /** What can be compared by eye: the same data has the same sums on every database. */
    sayTables({ sums, unreadable: count, missingKeys }: CheckedBackup) {
      for (const { table, rows, sha256 } of sums) {
        process.stdout.write(`${table.padEnd(26)} ${String(rows).padStart(8)}  ${sha256}\n`);
      }
      if (count === 0 && missingKeys.length === 0) return;
      const keys = missingKeys.join(", ") || say("no key");
      process.stderr.write(
        `${say("{count} values that do not open were taken along as they are. Keys that are missing: {keys}", { count, keys })}\n`,
      );
    },
  };
}
