import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import type { OpenDatabase } from "../../src/db/open.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, startBackend, type TestBackend, tokenFor } from "../support/backend.js";
import { createTestDatabase, hasPostgres } from "../support/database.js";
import { openFromTemplate } from "../support/embedded-template.js";
import { PLENTY } from "../support/faces.js";
import { openStream } from "../support/open-stream.js";
import { startOverloaded } from "../support/overloaded.js";
import { freePort } from "../support/ports.js";
import { findOnPath } from "../support/programs.js";
import { readSeries, type Series } from "../support/series.js";

const at = (path: string) => fileURLToPath(new URL(`../../deploy/monitoring/${path}`, import.meta.url));
const RULES = readFileSync(at("alerts.yml"), "utf8");
const OPERATIONS = readFileSync(fileURLToPath(new URL("../../docs/operations.md", import.meta.url)), "utf8");
/** Events of the log have tables too, and names that begin alike. */
const METRICS_DOCS = /^## Metrics\n([\s\S]*?)^## /m.exec(OPERATIONS)?.[1] ?? "";
const DASHBOARD = JSON.parse(readFileSync(at("dashboard.json"), "utf8")) as {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { name: string; query: string }[] };
};
const ALERTS = [...RULES.matchAll(/^ +- alert: (\w+)\n +expr: (.+)$/gm)].map(([, alert, expr = ""]) => ({
  alert,
  expr,
}));

/** What an expression asks for: each metric with the labels that it wants to be so and no other way. */
function selectorsOf(expr: string): { metric: string; labels: Record<string, string> }[] {
  const bare = expr
    .replace(/\b(?:by|without|on|ignoring) \([^)]*\)/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replaceAll(/label_values\(([^,]+),[^)]*\)/g, "$1");
  return [...bare.matchAll(/([a-zA-Z_:][\w:]*)(\{[^}]*\})?(?!\w)(?!\s*\()/g)]
    .filter(([, name = ""]) => !["and", "or", "unless"].includes(name))
    .map(([, metric = "", braces = ""]) => {
      const fixed = [...braces.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", value = ""]) => [
        label,
        value,
      ]);
      return { metric, labels: Object.fromEntries(fixed) };
    });
}

const EXPRESSIONS = [
  ...ALERTS.map(({ expr }) => expr),
  ...DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...DASHBOARD.templating.list.map(({ query }) => query).filter((query) => query.startsWith("label_values")),
];
const SELECTORS = EXPRESSIONS.flatMap(selectorsOf);
const METRICS = [...new Set(SELECTORS.map(({ metric }) => metric))].sort();
/** What it is compared with is a setting of the program. */
const CONSTANT = ["peg_database_pool_size"];

test("E7: a key is reported once it has sealed 2^28 values, long before it must not seal any more", () => {
  const sealed = ALERTS.filter(({ expr }) => expr.includes("peg_seals_total"));
  expect(sealed.map(({ expr }) => Number(expr.split(">")[1]))).toEqual([2 ** 28]);
});

test("expressions are read whole", () => {
  expect(ALERTS.length).toBe(RULES.match(/- alert:/g)?.length);
  expect(ALERTS.length).toBeGreaterThan(20);
  expect(METRICS.length).toBeGreaterThan(20);
  expect(selectorsOf('sum by (le, x) (rate(a_b{instance=~"$i",s="t"}[5m])) / sum(rate(c[5m])) > 2')).toEqual([
    { metric: "a_b", labels: { s: "t" } },
    { metric: "c", labels: {} },
  ]);
});

const promtool = findOnPath("promtool");
if (!promtool)
  process.stdout.write("promtool: not found, the rules are not checked by it (install prometheus)\n");

describe.skipIf(!promtool)("promtool takes", () => {
  const check = async (path: string) =>
    (await promisify(execFile)(promtool as string, ["check", "rules", path])).stdout;

  test("the rules", async () => {
    expect(await check(at("alerts.yml"))).toContain(`SUCCESS: ${ALERTS.length} rules found`);
  });

  test("every expression of the dashboard", async () => {
    const exprs = DASHBOARD.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = exprs.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replaceAll("$instance", ".*"),
    }));
    const folder = mkdtempSync(join(tmpdir(), "peg-panels-"));
    try {
      // JSON is YAML, too.
      writeFileSync(join(folder, "panels.yml"), JSON.stringify({ groups: [{ name: "panels", rules }] }));
      expect(await check(join(folder, "panels.yml"))).toContain(`SUCCESS: ${exprs.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Waits, looking often: what it waits for may pass again. */
function until(found: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitFor(async () => expect(await found()).toBe(true), { timeout: 60_000, interval: 5 });
}

/** Runs what changes metrics, and tells which series were there and which moved. */
class Watch {
  readonly seen = new Map<string, Series>();
  readonly first = new Map<string, number>();
  readonly moved = new Set<string>();
  constructor(readonly backend: TestBackend) {}

  async look(): Promise<void> {
    for (const series of readSeries((await this.backend.runtime.metrics.read()).text)) {
      const key = series.name + JSON.stringify(series.labels);
      this.seen.set(key, series);
      const before = this.first.get(key) ?? 0;
      if (!this.first.has(key)) this.first.set(key, series.value);
      if (series.value !== before) this.moved.add(series.name);
    }
  }
  names(): Set<string> {
    return new Set([...this.seen.values()].map(({ name }) => name));
  }
}

describe("every metric of the rules and the dashboard is exported, and moves", () => {
  let backend: TestBackend;
  let service: TestAnalysisService;
  let database: OpenDatabase;
  let databaseFails = false;
  let watch: Watch;
  let deaf: Watch | undefined;
  let keyless: Watch;

  beforeAll(async () => {
    service = await startAnalysisService();
    database = await openFromTemplate(inject("embeddedTemplate"));
    const run: OpenDatabase["run"] = (text, values) =>
      databaseFails ? Promise.reject(new Error("gone")) : database.run(text, values);
    const redisGone = `redis://127.0.0.1:${await freePort()}`;
    backend = await startBackend(
      { ...PLENTY, MCP_URL: service.url, MCP_RETRIES: "9", MCP_RETRY_BASE_MS: "1", REDIS_URL: redisGone },
      { database: { ...database, run } },
    );
    watch = new Watch(backend);
    await watch.look();
    await moveAll();
    if (hasPostgres) deaf = await unheard();
    keyless = await withoutKeys();
  }, 240_000);

  afterAll(async () => {
    await backend.stop();
    await Promise.all([service.stop(), database.close()]);
  });

  async function moveAll(): Promise<void> {
    const client = await backend.clientOf("owner");
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => (await client.analysis.create.mutate(sampleAnalysis())).id),
    );
    const [id = ""] = ids;
    await client.pegComparison.get.query({ id });
    await client.pegComparison.get.query({ id });
    await client.pegComparison.get.query({ id: "absent" }).catch(() => undefined);
    await fetch(`${backend.url}/trpc/pegComparison.get`, { headers: { authorization: "Bearer a.b.c" } });
    // More tasks than a process takes at a time: the rest waits, and longer and longer.
    const release = service.hold();
    await Promise.all(ids.map((one) => client.pegComparison.recompute.mutate({ id: one })));
    const stream = await openStream(backend.url, id, { authorization: `Bearer ${await tokenFor("owner")}` });
    await stream.events(1);
    await until(async () => {
      await watch.look();
      return [...watch.seen.values()].some(
        ({ name, value }) => name === "peg_queue_lag_seconds" && value > 0,
      );
    });
    const busy = Array.from({ length: 5 }, () => database.run("select 1", []));
    await watch.look();
    await Promise.all(busy);
    release();
    stream.close();

    service.misbehaveAlways((response) => response.writeHead(500).end());
    const { id: failing } = await client.analysis.create.mutate(sampleAnalysis());
    await client.pegComparison.get.query({ id: failing }).catch(() => undefined);
    await until(() => backend.runtime.services.analysisService.state() === "open");
    await watch.look();

    const overloaded = await startOverloaded(backend, () => true);
    await fetch(`${overloaded.url}/trpc/analysis.list`);
    await overloaded.server.close(async () => undefined);
    await watch.look();

    databaseFails = true;
    await until(async () => {
      await watch.look();
      return watch.moved.has("peg_queue_failures_total") && watch.moved.has("peg_queue_unknown");
    });
    databaseFails = false;
  }

  /** An embedded database has nobody to hear from; on PostgreSQL the connection that listens is cut. */
  async function unheard(): Promise<Watch> {
    const own = await createTestDatabase();
    const second = await startBackend({ DATABASE_URL: own.url });
    const sql = postgres(own.url, { max: 1 });
    const cut = new Watch(second);
    await cut.look();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like '%listen'`;
    await until(() => !second.runtime.services.changes.hearing());
    await cut.look();
    await sql.end();
    await second.stop();
    await own.drop();
    return cut;
  }

  async function withoutKeys(): Promise<Watch> {
    const gone = `http://127.0.0.1:${await freePort()}/jwks`;
    const third = await startBackend({ JWT_SECRET: "", JWT_JWKS_URL: gone });
    const looks = new Watch(third);
    await looks.look();
    await fetch(`${third.url}/readyz`);
    await looks.look();
    await third.stop();
    return looks;
  }

  test.each(METRICS)("%s", (metric) => {
    const onPostgres = metric === "peg_changes_unheard";
    const elsewhere = metric === "peg_token_keys_away" ? keyless : undefined;
    const looked = elsewhere ?? (onPostgres && deaf ? deaf : watch);
    expect(looked.names()).toContain(metric);
    if (onPostgres && !deaf) return;
    expect([metric, looked.moved.has(metric) || CONSTANT.includes(metric)]).toEqual([metric, true]);
  });

  test("and each of ours stands in the docs, with its labels", () => {
    const rows = [...METRICS_DOCS.matchAll(/^\| `((?:peg|mcp)_\w+)` \| ([^|]*)\|/gm)];
    const documented = new Map(rows.map(([, name, labels = ""]) => [name, labels.match(/\w+/g) ?? []]));
    const exported = new Map<string, string[]>();
    for (const { name, labels } of watch.seen.values()) {
      if (!/^(peg|mcp)_/.test(name)) continue;
      exported.set(
        name.replace(/_(bucket|sum|count)$/, ""),
        Object.keys(labels).filter((label) => label !== "le"),
      );
    }
    expect([...documented].sort()).toEqual([...exported].sort());
  });

  test("and every label that an expression asks for is one of theirs", () => {
    const series = [...watch.seen.values()];
    for (const { metric, labels } of SELECTORS) {
      const found = series.some(
        (one) =>
          one.name === metric && Object.entries(labels).every(([name, value]) => one.labels[name] === value),
      );
      expect([metric, labels, found || labels.decision === "refused"]).toEqual([metric, labels, true]);
    }
  });
});
