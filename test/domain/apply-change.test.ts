import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ADMIN_SCOPE } from "../../src/contract/permissions.js";
import { auditLog, userAnalysisPermissions } from "../../src/db/schema.js";
import { applyChange, auditPlace, type Change } from "../../src/domain/apply-change.js";
import type { Services, VerbContext } from "../../src/domain/context.js";
import { contextOf, DATABASES, rowsOf, storeAnalysis, type TestWorld } from "./fixtures.js";
import { eventually, gate } from "./task/play-service.js";

describe.each(DATABASES)("a change of an analysis, in $kind", ({ kind, here, open }) => {
  describe.skipIf(!here)("as every verb makes it", () => {
    let world: TestWorld;
    let services: Services;
    let id: string;
    beforeAll(async () => {
      world = await open();
      services = world.services;
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      ({ analysisId: id } = await storeAnalysis(services));
    });

    const contextAs = (userId: string, scopes: string[] = []): VerbContext => {
      const owner = contextOf(services);
      return { ...owner, actor: { ...owner.actor, userId, scopes } };
    };
    const allow = (userId: string) => ({
      userId,
      analysisId: id,
      permissionType: "write" as const,
      grantedBy: "owner",
    });
    const ofBob = () =>
      and(eq(userAnalysisPermissions.analysisId, id), eq(userAnalysisPermissions.userId, "bob"));
    const change = <T>(ctx: VerbContext, more: Pick<Change<T>, "work"> & Partial<Change<T>>) =>
      applyChange(ctx, { analysisId: id, action: "replace", needs: "write", ...more });
    const nothing = async () => ({ result: "done", details: {} });
    const entries = () =>
      services.db
        .select()
        .from(auditLog)
        .where(and(eq(auditLog.analysisId, id), eq(auditLog.action, "replace")));

    test("waits for the one before it, and is refused where that took the permission away", async () => {
      await services.db.insert(userAnalysisPermissions).values(allow("bob"));
      const [begun, held] = [gate(), gate()];
      const first = change(contextOf(services), {
        work: async (tx) => {
          await tx.delete(userAnalysisPermissions).where(ofBob());
          begun.open();
          await held.opened;
          return nothing();
        },
      });
      await begun.opened;
      const work = vi.fn(nothing);
      let over = false;
      const second = change(contextAs("bob"), { work }).finally(() => {
        over = true;
      });
      second.catch(() => undefined);
      // The embedded database begins no other transaction before the first has ended.
      if (kind === "PostgreSQL")
        await eventually(async () => {
          const waiting = await rowsOf(
            services.db,
            sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return over || waiting.length > 0;
        });
      held.open();
      expect(await first).toBe("done");
      await expect(second).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
      expect(work).not.toHaveBeenCalled();
      expect(await entries()).toHaveLength(1);
    });

    test("needs what it says, and tells of an analysis that is gone to operators alone", async () => {
      await services.db.insert(userAnalysisPermissions).values(allow("bob"));
      expect(await change(contextAs("bob"), { work: nothing })).toBe("done");
      const denied = change(contextAs("bob"), { needs: "admin", work: nothing });
      await expect(denied).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
      const gone = { analysisId: "gone", work: nothing };
      const asked = [change(contextAs("bob"), gone), change(contextAs("root", [ADMIN_SCOPE]), gone)];
      const codes = (await Promise.allSettled(asked)).map(
        (ended) => ended.status === "rejected" && ended.reason.code,
      );
      expect(codes).toEqual(["PERMISSION_DENIED", "ANALYSIS_NOT_FOUND"]);
    });

    test("ends where its permission does, by the clock", async () => {
      const now = services.clock.now();
      await services.db.insert(userAnalysisPermissions).values({ ...allow("bob"), expiresAt: new Date(now) });
      const late = { ...contextAs("bob"), services: { ...services, clock: { now: () => now } } };
      await expect(change(late, { work: nothing })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    });

    test("commits together with its audit entry, or leaves nothing of either", async () => {
      const work: Change<string>["work"] = async (tx) => {
        await tx.insert(userAnalysisPermissions).values(allow("bob"));
        return { result: "done", details: { user_id: "bob", permission_type: "write" } };
      };
      const broken = change(contextOf(services), {
        work: async (tx) => {
          await work(tx);
          throw new Error("no, after all");
        },
      });
      await expect(broken).rejects.toThrow("no, after all");
      const permissions = () => services.db.select().from(userAnalysisPermissions).where(ofBob());
      expect([await permissions(), await entries()]).toEqual([[], []]);
      const at = new Date(Date.UTC(2026, 0, 1));
      const then = { ...contextOf(services), services: { ...services, clock: { now: () => at.getTime() } } };
      await change(then, { work });
      await change(contextOf(services), { work: nothing });
      expect(await permissions()).toHaveLength(1);
      const [entry, plain] = await entries();
      expect(entry).toMatchObject({
        at,
        actorId: "owner",
        requestId: "request",
        keyId: services.sealer.keyId,
        details: { permission_type: "write" },
      });
      const { user_id: sealed } = entry?.details ?? {};
      // As all that was sealed before is bound to.
      const place = { table: "audit_log", record: id, field: "details.user_id" };
      expect(auditPlace(id)).toEqual(place);
      expect(await services.sealer.open(String(sealed), place)).toBe("bob");
      expect(plain).toMatchObject({ keyId: null, details: {} });
    });

    test("voids what was known of the analysis before it returns, through the database where the store is away", async () => {
      const dropped = vi.spyOn(services.answers, "drop");
      const alarm = services.signals.alarm(`analysis/${id}`);
      const settled = vi.spyOn(services.changes, "settled");
      const moved = vi.spyOn(services.shared, "moveGeneration");
      try {
        const standing = { grants: [], analysis: undefined };
        services.standings.put("bob", id, { generation: "g", standing }, services.standings.mark());
        moved.mockResolvedValueOnce(true);
        await change(contextOf(services), { work: nothing });
        expect(services.standings.get("bob", id, "g")).toBeUndefined();
        expect(dropped).toHaveBeenCalledWith(id);
        expect(moved).toHaveBeenCalledExactlyOnceWith(id);
        expect(await alarm.wait(10_000)).toBe("rung");
        expect(settled).not.toHaveBeenCalled();

        const heard = gate();
        moved.mockResolvedValueOnce(false);
        settled.mockReturnValueOnce(heard.opened);
        let over = false;
        const changed = change(contextOf(services), { work: nothing }).finally(() => {
          over = true;
        });
        await eventually(async () => settled.mock.calls.length > 0);
        expect(over).toBe(false);
        heard.open();
        await changed;
      } finally {
        alarm.close();
        for (const spy of [dropped, settled, moved]) spy.mockRestore();
      }
    });
  });
});
