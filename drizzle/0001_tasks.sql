ALTER TABLE "peg_comparison_tasks" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "peg_comparison_tasks" ADD COLUMN "queued" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "peg_comparison_tasks" ADD COLUMN "row_count" integer;--> statement-breakpoint
ALTER TABLE "peg_comparison_tasks" ADD COLUMN "started_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "peg_comparison_tasks" ADD COLUMN "estimated_completion" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "idx_peg_tasks_finished_at" ON "peg_comparison_tasks" USING btree ("finished_at");