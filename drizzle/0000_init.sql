CREATE TABLE "analysis_results" (
	"id" varchar(255) PRIMARY KEY NOT NULL,
	"name" varchar(255),
	"owner_id" varchar(255) NOT NULL,
	"data_version" integer DEFAULT 1 NOT NULL,
	"revision" uuid DEFAULT gen_random_uuid() NOT NULL,
	"request_params" jsonb NOT NULL,
	"n1_start" timestamp with time zone NOT NULL,
	"n1_end" timestamp with time zone NOT NULL,
	"n_start" timestamp with time zone NOT NULL,
	"n_end" timestamp with time zone NOT NULL,
	"row_count" integer NOT NULL,
	"peg_count" integer NOT NULL,
	"cell_count" integer NOT NULL,
	"sealed_cells" text NOT NULL,
	"key_id" varchar(64) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "analysis_samples" (
	"analysis_id" varchar(255) NOT NULL,
	"revision" uuid NOT NULL,
	"series" integer NOT NULL,
	"piece" integer NOT NULL,
	"kpi_name" varchar(255) NOT NULL,
	"period" varchar(3) NOT NULL,
	"sample_count" integer NOT NULL,
	"sample_values" "bytea" NOT NULL,
	"sample_cells" "bytea" NOT NULL,
	"sample_times" "bytea",
	CONSTRAINT "analysis_samples_analysis_id_revision_series_piece_pk" PRIMARY KEY("analysis_id","revision","series","piece")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor_id" varchar(255) NOT NULL,
	"action" varchar(50) NOT NULL,
	"analysis_id" varchar(255),
	"request_id" varchar(255),
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"key_id" varchar(64)
);
--> statement-breakpoint
CREATE TABLE "peg_comparison_results" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"analysis_id" varchar(255) NOT NULL,
	"peg_name" varchar(255) NOT NULL,
	"position" integer NOT NULL,
	"weight" integer NOT NULL,
	"n1_period_data" jsonb NOT NULL,
	"n_period_data" jsonb NOT NULL,
	"comparison_data" jsonb NOT NULL,
	"metadata" jsonb NOT NULL,
	"calculated_at" timestamp with time zone DEFAULT now(),
	"created_at" timestamp with time zone DEFAULT now(),
	"updated_at" timestamp with time zone DEFAULT now()
);
--> statement-breakpoint
CREATE TABLE "peg_comparison_summaries" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"analysis_id" varchar(255) NOT NULL,
	"revision" uuid NOT NULL,
	"algorithm_version" varchar(50) NOT NULL,
	"summary_data" jsonb NOT NULL,
	"analysis_metadata" jsonb NOT NULL,
	"processing_time" double precision NOT NULL,
	"mcp_version" varchar(255) NOT NULL,
	"key_id" varchar(64) NOT NULL,
	"calculated_at" timestamp with time zone DEFAULT now(),
	"created_at" timestamp with time zone DEFAULT now(),
	CONSTRAINT "peg_comparison_summaries_analysis_id_unique" UNIQUE("analysis_id")
);
--> statement-breakpoint
CREATE TABLE "peg_comparison_tasks" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"analysis_id" varchar(255) NOT NULL,
	"revision" uuid NOT NULL,
	"algorithm_version" varchar(50) NOT NULL,
	"status" varchar(20) NOT NULL,
	"progress" real DEFAULT 0 NOT NULL,
	"attempt_token" uuid NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"error_code" varchar(50),
	"error_message" text,
	"error_details" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "user_analysis_permissions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" varchar(255) NOT NULL,
	"analysis_id" varchar(255) NOT NULL,
	"permission_type" varchar(50) NOT NULL,
	"granted_at" timestamp with time zone DEFAULT now(),
	"granted_by" varchar(255) NOT NULL,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now()
);
--> statement-breakpoint
ALTER TABLE "analysis_samples" ADD CONSTRAINT "analysis_samples_analysis_id_analysis_results_id_fk" FOREIGN KEY ("analysis_id") REFERENCES "public"."analysis_results"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peg_comparison_tasks" ADD CONSTRAINT "peg_comparison_tasks_analysis_id_analysis_results_id_fk" FOREIGN KEY ("analysis_id") REFERENCES "public"."analysis_results"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_analysis_results_created_at" ON "analysis_results" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "idx_analysis_results_owner_id" ON "analysis_results" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "idx_analysis_results_key_id" ON "analysis_results" USING btree ("key_id","id");--> statement-breakpoint
CREATE INDEX "idx_audit_log_analysis_id" ON "audit_log" USING btree ("analysis_id","id");--> statement-breakpoint
CREATE INDEX "idx_audit_log_key_id" ON "audit_log" USING btree ("key_id","id");--> statement-breakpoint
CREATE INDEX "idx_peg_comparison_analysis_id" ON "peg_comparison_results" USING btree ("analysis_id");--> statement-breakpoint
CREATE INDEX "idx_peg_comparison_peg_name" ON "peg_comparison_results" USING btree ("peg_name");--> statement-breakpoint
CREATE INDEX "idx_peg_comparison_calculated_at" ON "peg_comparison_results" USING btree ("calculated_at");--> statement-breakpoint
CREATE INDEX "idx_peg_summary_analysis_id" ON "peg_comparison_summaries" USING btree ("analysis_id");--> statement-breakpoint
CREATE INDEX "idx_peg_summary_calculated_at" ON "peg_comparison_summaries" USING btree ("calculated_at");--> statement-breakpoint
CREATE INDEX "idx_peg_summary_key_id" ON "peg_comparison_summaries" USING btree ("key_id","analysis_id");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_peg_tasks_running" ON "peg_comparison_tasks" USING btree ("analysis_id","revision","algorithm_version") WHERE "peg_comparison_tasks"."status" in ('PENDING', 'PROCESSING');--> statement-breakpoint
CREATE INDEX "idx_peg_tasks_analysis_id" ON "peg_comparison_tasks" USING btree ("analysis_id","created_at");--> statement-breakpoint
CREATE INDEX "idx_user_permissions_user_id" ON "user_analysis_permissions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "idx_user_permissions_analysis_id" ON "user_analysis_permissions" USING btree ("analysis_id");--> statement-breakpoint
CREATE UNIQUE INDEX "idx_user_permissions_unique" ON "user_analysis_permissions" USING btree ("user_id","analysis_id","permission_type");