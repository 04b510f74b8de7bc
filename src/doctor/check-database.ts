import { ClusterError } from "../db/cluster-error.js";
import { clusterPlace, isCluster } from "../db/cluster-place.js";
import { DataDirLockedError } from "../db/data-dir-lock.js";
import { readMigrationState } from "../db/migration-state.js";
import { type OpenDatabase, openDatabase } from "../db/open.js";
import { probeListen } from "../db/probe-listen.js";
import { COMPARE_TASK } from "../jobs/compare-task.js";
import { type Examination, type Finding, findingsOf, reasonOf } from "./finding.js";

const database = findingsOf((say) => say("Database"));
const schema = findingsOf((say) => say("Migrations"));
const queue = findingsOf((say) => say("Job queue"));
const listening = findingsOf((say) => say("Announcements"));
const clock = findingsOf((say) => say("Clock"));

const LEAST_VERSION = 140_000;
const MOST_SKEW_MS = 1_000;
const NO_SUCH_DATABASE = "3D000";
const WRONG_PASSWORD = new Set(["28P01", "28000"]);

/** Opens what the settings name, without changing it; undefined where that cannot be, or is not there yet. */
export async function openForExamination({ config }: Examination): Promise<OpenDatabase | Finding> {
  const { DATABASE_URL: url, DATA_DIR: dataDir, DATABASE_LISTEN_URL: direct } = config;
  if (url) return openDatabase({ url, dataDir, pooled: direct !== undefined });
  if (dataDir.startsWith("memory://") || !isCluster(clusterPlace(dataDir)))
    return database.skipped((say) => say("The embedded database is made at the first start."));
  try {
    return await openDatabase({ dataDir });
  } catch (error) {
    if (error instanceof DataDirLockedError)
      return database.skipped((say) => say("The embedded database is in use: ask its server at /readyz."));
    const reason = error instanceof ClusterError ? error.reason : reasonOf(error);
    return database.fault(
      (say) => say("The embedded database in {path} does not open ({reason}).", { path: dataDir, reason }),
      (say) =>
        say(
          "Where the disk is full or cannot be written, mend that. Else move the directory away, or set another DATA_DIR, and restore a backup with peg-bff restore.",
        ),
    );
  }
}

/** Looks at a database that was opened. */
export async function checkDatabase(open: OpenDatabase, examination: Examination): Promise<Finding[]> {
  const before = examination.now();
  let row: Record<string, unknown>;
  try {
    const { rows } = await open.run(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as name,
         pg_is_in_recovery() as standby, extract(epoch from clock_timestamp())::float8 * 1000 as now`,
      [],
    );
    row = rows[0] ?? {};
  } catch (error) {
    return [unreachable(error, examination)];
  }
  const after = examination.now();
  if (Number(row.version) < LEAST_VERSION) {
    const name = String(row.name);
    return [
      database.fault(
        (say) => say("PostgreSQL {name} is too old.", { name }),
        (say) => say("Use PostgreSQL 14 or newer."),
      ),
    ];
  }
  if (row.standby === true) {
    return [
      database.fault(
        (say) => say("This is a standby, which cannot be written."),
        (say) => say("Point DATABASE_URL at the primary."),
      ),
    ];
  }
  const name = String(row.name);
  return [
    database.ok((say) => say("PostgreSQL {name} answers.", { name })),
    checkClock((before + after) / 2 - Number(row.now), after - before),
    ...(await checkSchema(open, examination)),
    ...(await checkListening(examination)),
  ];
}

function unreachable(error: unknown, { config }: Examination): Finding {
  const reason = reasonOf(error);
  const { pathname, host } = new URL(config.DATABASE_URL ?? "postgres://embedded");
  if (reason === NO_SUCH_DATABASE) {
    const name = decodeURIComponent(pathname.slice(1));
    return database.fault(
      (say) => say("There is no database {name} at {host}.", { name, host }),
      (say) => say("Make it with: createdb {name}; or set DATABASE_URL to another one.", { name }),
    );
  }
  if (WRONG_PASSWORD.has(reason)) {
    return database.fault(
      (say) => say("{host} does not take the user or the password of DATABASE_URL.", { host }),
      (say) =>
        say(
          "Set user and password in DATABASE_URL right; characters like @ and / are percent-encoded there.",
        ),
    );
  }
  return database.fault(
    (say) => say("No database answers at {host} ({reason}).", { host, reason }),
    (say) => say("Start the database, or set DATABASE_URL right."),
  );
}

/** @param ahead by how much our clock is ahead, ms, give or take `doubt` */
function checkClock(ahead: number, doubt: number): Finding {
  const seconds = (Math.abs(ahead) / 1000).toFixed(1);
  if (Math.abs(ahead) <= MOST_SKEW_MS + doubt)
    return clock.ok((say) => say("It agrees with that of the database."));
  return clock.fault(
    (say) =>
      ahead > 0
        ? say("It is {seconds} s ahead of that of the database.", { seconds })
        : say("It is {seconds} s behind that of the database.", { seconds }),
    (say) => say("Have NTP set the clocks of both machines: tokens and permissions end by the clock."),
  );
}

async function checkSchema(open: OpenDatabase, { migrationsFolder }: Examination): Promise<Finding[]> {
  const state = await readMigrationState(open.run, migrationsFolder);
  if (state === "ahead") {
    const newer = schema.fault(
      (say) => say("A newer version of this program has migrated the database."),
      (say) => say("Run that version here, or a newer one."),
    );
    return [newer];
  }
  if (state === "behind") {
    const older = schema.fault(
      (say) => say("The database is not up to date."),
      (say) => say("Run: peg-bff migrate"),
    );
    return [older];
  }
  const { rows } = await open.run("select to_regclass('pgboss.queue') as found", []);
  const names = rows[0]?.found ? await open.run("select name from pgboss.queue", []) : { rows: [] };
  const missing = [COMPARE_TASK.name, COMPARE_TASK.deadLetter].filter(
    (name) => !names.rows.some((row) => row.name === name),
  );
  return [
    schema.ok((say) => say("The database is up to date.")),
    missing.length
      ? queue.fault(
          (say) => say("The job queue {name} is missing.", { name: missing.join(", ") }),
          (say) => say("Run: peg-bff migrate"),
        )
      : queue.ok((say) => say("Its queues are there.")),
  ];
}

async function checkListening({ config }: Examination): Promise<Finding[]> {
  const { DATABASE_URL: url, DATABASE_LISTEN_URL: direct } = config;
  if (!url) return [];
  const failed = await probeListen(direct ?? url, url).then(
    (heard) => (heard ? undefined : "silence"),
    (error: unknown) => reasonOf(error),
  );
  if (failed === undefined) return [listening.ok((say) => say("What one process announces is heard."))];
  if (failed === "silence") {
    const lost = listening.fault(
      (say) => say("What one process announces is not heard: a pooler stands between."),
      (say) => say("Set DATABASE_LISTEN_URL to the database itself, past the pooler."),
    );
    return [lost];
  }
  const refused = listening.fault(
    (say) => say("DATABASE_LISTEN_URL cannot be reached ({reason}).", { reason: failed }),
    (say) => say("Set DATABASE_LISTEN_URL to the database itself, past the pooler."),
  );
  return [refused];
}
