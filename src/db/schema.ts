import { sql } from "drizzle-orm";
import {
  bigserial,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from "drizzle-orm/pg-core";
import type { PegDefinitions } from "../contract/analysis.js";
import type { ErrorDetail } from "../contract/errors.js";

const instant = (name: string) => timestamp(name, { withTimezone: true });
const bytes = customType<{ data: Uint8Array }>({ dataType: () => "bytea" });

/** JSONB that enters as JSON text made and checked elsewhere; read it with `column::text`. */
const jsonbText = customType<{ data: string; driverData: string }>({
  dataType: () => "jsonb",
  toDriver: (value) => sql`${value}::text::jsonb`,
});

/** One analysis: what is compared, and of which state of its data (`revision` changes with the data). */
export const analysisResults = pgTable(
  "analysis_results",
  {
    id: varchar("id", { length: 255 }).primaryKey(),
    name: varchar("name", { length: 255 }),
    ownerId: varchar("owner_id", { length: 255 }).notNull(),
    dataVersion: integer("data_version").notNull().default(1),
    /** Unlike `dataVersion` never used twice, not even where an analysis is deleted and made anew. */
    revision: uuid("revision").notNull().defaultRandom(),
    requestParams: jsonb("request_params")
      .$type<{ peg_definitions: PegDefinitions; time_zone?: string | undefined }>()
      .notNull(),
    n1Start: instant("n1_start").notNull(),
    n1End: instant("n1_end").notNull(),
    nStart: instant("n_start").notNull(),
    nEnd: instant("n_end").notNull(),
    rowCount: integer("row_count").notNull(),
    pegCount: integer("peg_count").notNull(),
    cellCount: integer("cell_count").notNull(),
    /** The distinct cell ids, sealed; samples name them by their place in this list. */
    sealedCells: text("sealed_cells").notNull(),
    /** The key that sealed them; what is left to rotate is found by it. */
    keyId: varchar("key_id", { length: 64 }).notNull(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (table) => [
    index("idx_analysis_results_created_at").on(table.createdAt, table.id),
    index("idx_analysis_results_owner_id").on(table.ownerId),
    index("idx_analysis_results_key_id").on(table.keyId, table.id),
  ],
);

/** The samples of an analysis, by KPI and period, in pieces that fit a slice of the event loop. */
export const analysisSamples = pgTable(
  "analysis_samples",
  {
    analysisId: varchar("analysis_id", { length: 255 })
      .notNull()
      .references(() => analysisResults.id, { onDelete: "cascade" }),
    revision: uuid("revision").notNull(),
    /** Place of the series (KPI and period) in the analysis, and of the piece in the series. */
    series: integer("series").notNull(),
    piece: integer("piece").notNull(),
    kpiName: varchar("kpi_name", { length: 255 }).notNull(),
    period: varchar("period", { length: 3 }).notNull(),
    sampleCount: integer("sample_count").notNull(),
    /** Little-endian float64, NaN for a missing measurement. */
    sampleValues: bytes("sample_values").notNull(),
    /** Little-endian uint32, places in the list of cells. */
    sampleCells: bytes("sample_cells").notNull(),
    /** Little-endian float64, milliseconds since 1970, NaN for none. */
    sampleTimes: bytes("sample_times"),
  },
  (table) => [primaryKey({ columns: [table.analysisId, table.revision, table.series, table.piece] })],
);

export const pegComparisonResults = pgTable(
  "peg_comparison_results",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    analysisId: varchar("analysis_id", { length: 255 }).notNull(),
    pegName: varchar("peg_name", { length: 255 }).notNull(),
    /** Place in the answer of the analysis service, which is passed on unchanged. */
    position: integer("position").notNull(),
    weight: integer("weight").notNull(),
    n1PeriodData: jsonbText("n1_period_data").notNull(),
    nPeriodData: jsonbText("n_period_data").notNull(),
    comparisonData: jsonbText("comparison_data").notNull(),
    /** Null where the analysis service does not judge. */
    judgeData: jsonbText("judge_data"),
    metadata: jsonbText("metadata").notNull(),
    calculatedAt: instant("calculated_at").defaultNow(),
    createdAt: instant("created_at").defaultNow(),
    updatedAt: instant("updated_at").defaultNow(),
  },
  (table) => [
    index("idx_peg_comparison_analysis_id").on(table.analysisId),
    index("idx_peg_comparison_peg_name").on(table.pegName),
    index("idx_peg_comparison_calculated_at").on(table.calculatedAt),
  ],
);

export const pegComparisonSummaries = pgTable(
  "peg_comparison_summaries",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    analysisId: varchar("analysis_id", { length: 255 }).notNull().unique(),
    /** What it was computed from and by; it is answered only where both are still so. */
    revision: uuid("revision").notNull(),
    algorithmVersion: varchar("algorithm_version", { length: 50 }).notNull(),
    summaryData: jsonbText("summary_data").notNull(),
    analysisMetadata: jsonbText("analysis_metadata").notNull(),
    processingTime: doublePrecision("processing_time").notNull(),
    mcpVersion: varchar("mcp_version", { length: 255 }).notNull(),
    /** The key that sealed the cell ids of its PEGs. */
    keyId: varchar("key_id", { length: 64 }).notNull(),
    calculatedAt: instant("calculated_at").defaultNow(),
    createdAt: instant("created_at").defaultNow(),
  },
  (table) => [
    index("idx_peg_summary_analysis_id").on(table.analysisId),
    index("idx_peg_summary_calculated_at").on(table.calculatedAt),
    index("idx_peg_summary_key_id").on(table.keyId, table.analysisId),
  ],
);

export const userAnalysisPermissions = pgTable(
  "user_analysis_permissions",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    userId: varchar("user_id", { length: 255 }).notNull(),
    analysisId: varchar("analysis_id", { length: 255 }).notNull(),
    permissionType: varchar("permission_type", { length: 50 }).$type<"read" | "write" | "admin">().notNull(),
    grantedAt: instant("granted_at").defaultNow(),
    grantedBy: varchar("granted_by", { length: 255 }).notNull(),
    expiresAt: instant("expires_at"),
    createdAt: instant("created_at").defaultNow(),
  },
  (table) => [
    index("idx_user_permissions_user_id").on(table.userId),
    index("idx_user_permissions_analysis_id").on(table.analysisId),
    uniqueIndex("idx_user_permissions_unique").on(table.userId, table.analysisId, table.permissionType),
  ],
);

/** Every computation, whoever asked for it: who works on it (`attemptToken`), until when, how far it is. */
export const pegComparisonTasks = pgTable(
  "peg_comparison_tasks",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    analysisId: varchar("analysis_id", { length: 255 })
      .notNull()
      .references(() => analysisResults.id, { onDelete: "cascade" }),
    revision: uuid("revision").notNull(),
    algorithmVersion: varchar("algorithm_version", { length: 50 }).notNull(),
    status: varchar("status", { length: 20 })
      .$type<"PENDING" | "PROCESSING" | "COMPLETED" | "FAILED">()
      .notNull(),
    progress: real("progress").notNull().default(0),
    /** Grows with everything that a watcher is to see. */
    version: integer("version").notNull().default(1),
    /** Whether a job sees to it: then a failure that may pass is not the end. */
    queued: boolean("queued").notNull().default(false),
    /** Samples of the analysis; by it, finished tasks tell how long others will take. */
    rowCount: integer("row_count"),
    attemptToken: uuid("attempt_token").notNull(),
    leaseUntil: instant("lease_until").notNull(),
    errorCode: varchar("error_code", { length: 50 }),
    errorMessage: text("error_message"),
    errorDetails: jsonb("error_details").$type<{
      details?: ErrorDetail[] | undefined;
      retryAfter?: number | undefined;
    }>(),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
    /** Of the attempt that counts. Null where there was nothing left to compute. */
    startedAt: instant("started_at"),
    estimatedCompletion: instant("estimated_completion"),
    finishedAt: instant("finished_at"),
  },
  (table) => [
    uniqueIndex("idx_peg_tasks_running")
      .on(table.analysisId, table.revision, table.algorithmVersion)
      .where(sql`${table.status} in ('PENDING', 'PROCESSING')`),
    index("idx_peg_tasks_analysis_id").on(table.analysisId, table.createdAt),
    index("idx_peg_tasks_finished_at").on(table.finishedAt),
  ],
);

/** Who did what to an analysis, and when. It outlives the analysis. */
export const auditLog = pgTable(
  "audit_log",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    at: instant("at").notNull().defaultNow(),
    actorId: varchar("actor_id", { length: 255 }).notNull(),
    action: varchar("action", { length: 50 }).notNull(),
    analysisId: varchar("analysis_id", { length: 255 }),
    requestId: varchar("request_id", { length: 255 }),
    /** The user that it was about stands in it sealed, as `user_id`. */
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    keyId: varchar("key_id", { length: 64 }),
  },
  (table) => [
    index("idx_audit_log_analysis_id").on(table.analysisId, table.id),
    index("idx_audit_log_key_id").on(table.keyId, table.id),
  ],
);
