import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ADMIN_SCOPE, type Grant, type PermissionType } from "../../../src/contract/permissions.js";
import { userAnalysisPermissions } from "../../../src/db/schema.js";
import type { Services, VerbContext } from "../../../src/domain/context.js";
import { authorize, checkStanding, readStanding } from "../../../src/domain/permission/authorize.js";
import { type AnalysisStanding, StandingCache } from "../../../src/domain/permission/standing-cache.js";
import { noTracing } from "../../../src/domain/tracing.js";
import type { CallRecord } from "../../../src/trpc/context.js";
import { authorizeCall } from "../../../src/trpc/middleware/permission.js";
import { contextOf, DATABASES, storeAnalysis, type TestWorld } from "../fixtures.js";

const NOW = Date.UTC(2026, 0, 1);
const DENIED = { code: "PERMISSION_DENIED" };
const ABSENT = { code: "ANALYSIS_NOT_FOUND" };
const STATE = { revision: "r1", dataVersion: 1 };
const MAY_READ: AnalysisStanding = { grants: [{ permission: "read" }], analysis: STATE };

describe("by what is known of a caller and an analysis", () => {
  const check = (grants: Grant[], needed: PermissionType, scopes: string[] = [], there = true) => {
    const services = { clock: { now: () => NOW } } as Services;
    const ctx = { services, actor: { kind: "user", userId: "u", scopes } } as unknown as VerbContext;
    return () => checkStanding(ctx, { grants, analysis: there ? STATE : undefined }, needed);
  };

  test("who holds enough is told its state", () => {
    expect(check([{ permission: "write" }], "read")()).toBe(STATE);
    expect(check([], "admin", [ADMIN_SCOPE])()).toBe(STATE);
  });

  test("who holds too little, or no more, is denied", () => {
    expect(check([], "read")).toThrow(expect.objectContaining(DENIED));
    expect(check([{ permission: "read" }], "write")).toThrow(expect.objectContaining(DENIED));
    const until = (ms: number): Grant[] => [{ permission: "read", expiresAt: new Date(ms) }];
    expect(check(until(NOW), "read")).toThrow(expect.objectContaining(DENIED));
    expect(check(until(NOW + 1), "read")()).toBe(STATE);
  });

  test("that an analysis is absent is told to operators alone", () => {
    expect(check([{ permission: "admin" }], "read", ["other"], false)).toThrow(
      expect.objectContaining(DENIED),
    );
    expect(check([], "read", [ADMIN_SCOPE], false)).toThrow(expect.objectContaining(ABSENT));
  });
});

describe.each(DATABASES)("a standing, in $kind", ({ here, open }) => {
  describe.skipIf(!here)("as it is read", () => {
    let world: TestWorld;
    let id: string;
    let revision: string;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      ({ analysisId: id, revision } = await storeAnalysis(world.services));
    });
    const grant = (userId: string, analysisId: string, permissionType: PermissionType, expiresAt?: Date) =>
      world.db.insert(userAnalysisPermissions).values({
        userId,
        analysisId,
        permissionType,
        grantedBy: "owner",
        ...(expiresAt ? { expiresAt } : {}),
      });

    test("has the grants of that user on that analysis, with their ends, and its state", async () => {
      const other = await storeAnalysis(world.services);
      const end = new Date("2027-01-01T00:00:00Z");
      await grant("u", id, "write", end);
      await grant("u", id, "read");
      await grant("v", id, "admin");
      await grant("u", other.analysisId, "admin");
      const { grants, analysis } = await readStanding(world.db, "u", id);
      expect(analysis).toEqual({ revision, dataVersion: 1 });
      expect(grants).toHaveLength(2);
      expect(grants).toEqual(
        expect.arrayContaining([
          { permission: "write", expiresAt: end },
          { permission: "read", expiresAt: null },
        ]),
      );
    });

    test("is without grants for a stranger, and empty of an analysis that is not there", async () => {
      expect(await readStanding(world.db, "stranger", id)).toEqual({
        grants: [],
        analysis: { revision, dataVersion: 1 },
      });
      expect(await readStanding(world.db, "u", randomUUID())).toEqual({ grants: [], analysis: undefined });
    });

    test("decides, for the owner and for a stranger", async () => {
      const ctx = contextOf(world.services);
      const owned = { id, revision, dataVersion: 1 };
      expect(await authorize({ ctx, analysisId: id, needed: "admin" })).toEqual(owned);
      const stranger = { ...ctx, actor: { ...ctx.actor, userId: "stranger" } };
      await expect(authorize({ ctx: stranger, analysisId: id, needed: "read" })).rejects.toMatchObject(
        DENIED,
      );
    });
  });
});

describe("a call on an analysis", () => {
  let kept: string[][];
  let standings: StandingCache;
  let ctx: VerbContext;
  let span: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    standings = new StandingCache();
    const tracing = { ...noTracing };
    // Whoever asks Postgres gets no further than this.
    span = vi.spyOn(tracing, "span").mockRejectedValue(new Error("Postgres was asked"));
    kept = [];
    const shared = { keepGeneration: async (...told: string[]) => void kept.push(told) };
    ctx = contextOf({ clock: { now: () => NOW }, standings, tracing, shared } as unknown as Services);
    ctx.visit.generation = "g1";
    standings.put("owner", "a", { generation: "g1", standing: MAY_READ }, standings.mark());
  });
  const ask = (needed: PermissionType = "read", fresh?: boolean) =>
    authorize({ ctx, analysisId: "a", needed, ...(fresh === undefined ? {} : { fresh }) });
  const answers = (standing: AnalysisStanding) => span.mockResolvedValue(standing);

  test("keeps the generation under which it learned that it may read, once", async () => {
    Object.assign(ctx.visit, { generation: "g2", unkept: true });
    answers({ grants: [], analysis: STATE });
    await expect(ask()).rejects.toMatchObject(DENIED);
    answers({ grants: [], analysis: undefined });
    await expect(ask()).rejects.toMatchObject(DENIED);
    expect(kept).toEqual([]);
    answers(MAY_READ);
    await ask();
    await ask("read", true);
    expect(kept).toEqual([["a", "g2"]]);
  });

  test("leaves a generation alone that is kept", async () => {
    ctx.visit.generation = "g2";
    answers(MAY_READ);
    await ask();
    expect(kept).toEqual([]);
  });

  test("is decided by what is known under its generation", async () => {
    expect(await ask()).toEqual({ id: "a", ...STATE });
    await expect(ask("write")).rejects.toMatchObject(DENIED);
    expect(span).not.toHaveBeenCalled();
  });

  test.each<[string, { generation?: string | null; userId?: string; fresh?: boolean }]>([
    ["no generation is known", { generation: null }],
    ["it moved", { generation: "g2" }],
    ["another user asks", { userId: "v" }],
    ["it has to be fresh", { fresh: true }],
  ])("asks Postgres where %s", async (_, { generation = "g1", userId = "owner", fresh }) => {
    Object.assign(ctx.visit, { generation });
    Object.assign(ctx.actor, { userId });
    await expect(ask("read", fresh)).rejects.toThrow("Postgres was asked");
    expect(span).toHaveBeenCalledExactlyOnceWith("database standing", {}, expect.any(Function));
  });

  test("keeps what Postgres said, where it holds enough", async () => {
    ctx.visit.generation = "g2";
    answers(MAY_READ);
    await expect(ask("write")).rejects.toMatchObject(DENIED);
    expect(standings.get("owner", "a", "g2")).toBeUndefined();
    await ask();
    expect(standings.get("owner", "a", "g2")).toBe(MAY_READ);
  });

  test("keeps it neither without a generation, nor where something was dropped meanwhile", async () => {
    ctx.visit.generation = null;
    answers(MAY_READ);
    const put = vi.spyOn(standings, "put");
    await ask();
    expect(put).not.toHaveBeenCalled();
    ctx.visit.generation = "g2";
    span.mockImplementation(async () => {
      standings.drop("a");
      return MAY_READ;
    });
    await ask();
    expect(standings.get("owner", "a", "g2")).toBeUndefined();
  });

  test("what is known already is not put anew", async () => {
    const put = vi.spyOn(standings, "put");
    await ask();
    expect(put).not.toHaveBeenCalled();
  });

  test("notes which analysis it is, also where it is refused", async () => {
    const call: CallRecord = { user: undefined, analysisId: undefined };
    expect(await authorizeCall(ctx, call, "a", "read")).toEqual({ id: "a", ...STATE });
    expect(call.analysisId).toBe("a");
    call.analysisId = undefined;
    await expect(authorizeCall(ctx, call, "a", "admin")).rejects.toMatchObject(DENIED);
    expect(call.analysisId).toBe("a");
  });
});
