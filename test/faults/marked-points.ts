import { copyWith, type Edit } from "./edited-copy.js";

/** A place in the compiled program at which a process may be told to end, or to stand still. */
interface MarkedPoint {
  file: string;
  /** The mark comes before this text. */
  before: string;
  /** Where it is reached more than once: when it counts. */
  when?: string;
}

/** Between any two of these something is stored for good, or somebody is told. */
export const MARKED_POINTS = {
  "an analysis has its samples, and no owner": {
    file: "domain/analysis/create-analysis.js",
    before: "await tx.insert(userAnalysisPermissions)",
  },
  "the new samples are there beside the old comparison": {
    file: "domain/analysis/replace-data.js",
    before: "await dropComparison(tx, id);",
  },
  "a change is done, and not committed": {
    file: "domain/apply-change.js",
    before: 'await announce(tx, { kind: "analysis", id: analysisId });',
  },
  "a change is committed, and not answered": {
    file: "domain/apply-change.js",
    before: "forget(services, analysisId);",
  },
  "a task is committed, and not answered": {
    file: "domain/comparison/find-answer.js",
    before: "if (task)\n                return { task };",
  },
  "a computation is claimed": {
    file: "domain/comparison/compute-comparison.js",
    before: "const found = await loadStoredComparison(services, key);",
  },
  "a comparison is computed, and not stored": {
    file: "domain/comparison/compute-comparison.js",
    before: 'progress.reach("checked");',
  },
  "a comparison is stored, and the queue not told": {
    file: "domain/comparison/compute-comparison.js",
    before: 'if (stored === "moved")',
  },
  "a record is sealed anew, and not committed": {
    file: "domain/sealing/rotate-keys.js",
    before: "await tx.update(analysisResults).set({ sealedCells, keyId }).where(own);",
  },
  "one record of several is sealed anew": {
    file: "domain/sealing/rotate-keys.js",
    before: "after = id;",
    when: "id === ids[1]",
  },
  "all records are sealed anew, and none was noted": {
    file: "domain/sealing/rotate-keys.js",
    before: "await db.insert(auditLog).values({",
  },
  "the lock is taken, and no table made": {
    file: "db/migrate.js",
    before: "await migrate(db, { migrationsFolder });",
  },
  "the tables are there, and the queue's are not": {
    file: "adapters/queue/boss.js",
    before: "await boss.createQueue(deadLetter);",
  },
  "one queue is there, and the other is not": {
    file: "adapters/queue/boss.js",
    before: "await boss.createQueue(name, { name, ...options });",
  },
  "rows of a table are written out": {
    file: "domain/backup/write-backup.js",
    before: "count(table.name, lines.length);",
    when: 'table.name === "analysis_samples"',
  },
  "a backup is written and tried, and has no name": {
    file: "backup.js",
    before: "await flush(draft);",
  },
  "everything is restored, and not compared": {
    file: "domain/backup/restore-backup.js",
    before: "await compare(tx, checked);",
  },
  "Redis forgot, and the restored is not committed": {
    file: "domain/backup/restore-backup.js",
    before: "return { requeued };",
  },
  "the restored is committed, and nobody was told": {
    file: "backup.js",
    before: "return { ...checked, ...outcome };",
  },
} as const satisfies Record<string, MarkedPoint>;

export type Mark = keyof typeof MARKED_POINTS;

/** Of a process that sends itself the signal there; it goes on after one that can be got over. */
export function markEnv(mark: Mark, signal: "SIGKILL" | "SIGSTOP" = "SIGKILL"): Record<string, string> {
  return { MARK: mark, MARK_SIGNAL: signal };
}

/** A copy of the built program with all marks in it: without `markEnv` it does what the program does. */
export function copyWithMarks(): string {
  const edits = Object.entries<MarkedPoint>(MARKED_POINTS).map(([mark, { file, before, when }]): Edit => {
    const here = [`process.env.MARK === ${JSON.stringify(mark)}`, ...(when ? [`(${when})`] : [])].join(
      " && ",
    );
    return {
      file,
      from: before,
      to: `if (${here}) process.kill(process.pid, process.env.MARK_SIGNAL);\n${before}`,
    };
  });
  return copyWith(edits);
}
