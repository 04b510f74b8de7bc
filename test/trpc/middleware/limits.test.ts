import { callTRPCProcedure } from "@trpc/server";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Actor } from "../../../src/domain/context.js";
import type { LimitDecision, RuleState, VisitRequest } from "../../../src/domain/ports.js";
import { noTracing } from "../../../src/domain/tracing.js";
import type { CallContext, User } from "../../../src/trpc/context.js";
import { createCallerFactory, type ProcedureRule, router, t } from "../../../src/trpc/init.js";
import { chargeLimits, takeLimits } from "../../../src/trpc/middleware/limits.js";
import { peekId, requireToken } from "../../../src/trpc/middleware/token.js";

const GET = { name: "get", limit: 10, windowMs: 60_000 };
const ALL = { name: "all", limit: 1000, windowMs: 3_600_000 };
const RULES = { get: [GET, ALL], status: [{ ...GET, name: "status" }], other: [ALL] };
const USER: User = { kind: "user", userId: "u", scopes: [], tokenExpiresAt: new Date(8.64e15) };
const RULE: ProcedureRule = { needs: "read", limit: "get", entry: "peg_comparison" };

describe("the limits of a call", () => {
  let decision: LimitDecision;
  let hearing: boolean;
  let held: boolean;
  let asked: VisitRequest[];
  let counted: [string, string][];
  let spans: string[];
  let ctx: CallContext;
  beforeEach(() => {
    decision = { allowed: true, rules: [{ ...GET, remaining: 9, resetMs: 1 }] };
    hearing = true;
    held = false;
    asked = [];
    counted = [];
    spans = [];
    const services = {
      tokens: { verify: async () => ({ userId: "u", scopes: [], expiresAt: USER.tokenExpiresAt }) },
      nameForLog: (userId: string) => userId,
      logger: { info: () => {} },
      limits: RULES,
      answers: { has: (type: string, id: string) => held && type === "peg_comparison" && id === "a" },
      changes: { hearing: () => hearing },
      metrics: { limitDecision: (...told: [string, string]) => void counted.push(told) },
      tracing: {
        ...noTracing,
        span: (name: string, fields: object, work: () => unknown) => {
          spans.push(`${name} ${JSON.stringify(fields)}`);
          return work();
        },
      },
      shared: {
        visit: async (request: VisitRequest) => {
          asked.push(request);
          return { limits: decision, generation: "g", entry: null };
        },
      },
    };
    const call = { user: undefined, analysisId: undefined };
    ctx = { services, limitDecisions: [], actor: USER, call } as unknown as CallContext;
  });
  const refuse = (state: Partial<RuleState> = {}) => {
    const exhausted = { ...GET, remaining: 0, resetMs: 12_300, ...state };
    decision = { allowed: false, rules: [exhausted], exhausted };
  };

  test("are charged in one trip, which also asks for the entry that would answer it", async () => {
    expect(await chargeLimits(ctx, USER, RULE, "a")).toEqual({
      limits: decision,
      generation: "g",
      entry: null,
    });
    expect(asked).toEqual([{ userId: "u", rules: RULES.get, analysisId: "a", entry: "peg_comparison" }]);
    expect(asked[0]?.rules).toBe(RULES.get);
    expect(spans).toEqual(["shared store {}"]);
    expect(ctx.limitDecisions).toEqual([decision]);
    expect(counted).toEqual([["get", "allowed"]]);
  });

  test("are those of its class", async () => {
    await chargeLimits(ctx, USER, { ...RULE, limit: "status" }, "a");
    expect(asked[0]?.rules).toBe(RULES.status);
    expect(counted).toEqual([["status", "allowed"]]);
  });

  test("ask for no entry that is held here, nor where none would answer it or no analysis is named", async () => {
    held = true;
    await chargeLimits(ctx, USER, RULE, "a");
    await chargeLimits(ctx, USER, { ...RULE, entry: undefined }, "b");
    await chargeLimits(ctx, USER, RULE, undefined);
    expect(asked.map(({ entry }) => entry)).toEqual([undefined, undefined, undefined]);
    // Another answer than the one that is held.
    await chargeLimits(ctx, USER, { ...RULE, entry: "summary_stats" }, "a");
    await chargeLimits(ctx, USER, RULE, "b");
    expect(asked.slice(3).map(({ entry }) => entry)).toEqual(["summary_stats", "peg_comparison"]);
  });

  test("bring no generation where a change may have been missed", async () => {
    hearing = false;
    expect(await chargeLimits(ctx, USER, RULE, "a")).toMatchObject({ generation: null, limits: decision });
  });

  test("that are used up refuse it, and say which and for how long", async () => {
    refuse({ name: "all", limit: 1000, windowMs: 3_600_000 });
    await expect(chargeLimits(ctx, USER, RULE, "a")).rejects.toMatchObject({
      code: "API_RATE_LIMIT_EXCEEDED",
      message: "The limit of 1000 calls in 3600 s is used up. Try again in 13 s.",
      retryAfter: 13,
      details: [{ path: "all", message: "is the limit that is used up" }],
    });
    expect(ctx.limitDecisions).toEqual([decision]);
    expect(counted).toEqual([["all", "refused"]]);
  });

  test.each([
    [0, 1],
    [1, 1],
    [1000, 1],
    [1001, 2],
  ])("that are free in %i ms are waited for in whole seconds: %i", async (resetMs, seconds) => {
    refuse({ resetMs });
    await expect(chargeLimits(ctx, USER, RULE, "a")).rejects.toMatchObject({ retryAfter: seconds });
  });

  describe("as a part of a procedure", () => {
    const charged = t.procedure.use(requireToken).use(takeLimits);
    const seen = vi.fn();
    const caller = (meta: ProcedureRule | undefined, chain = charged, actor: Actor = USER) => {
      const procedure = meta ? chain.meta(meta) : chain;
      const routes = router({
        ask: procedure.query((call) => seen(call.ctx)),
        change: procedure.mutation((call) => seen(call.ctx)),
      });
      return createCallerFactory(routes)({ ...ctx, actor }) as unknown as Record<
        "ask" | "change",
        (input?: unknown) => Promise<void>
      >;
    };

    test("are charged for the analysis that a query names, and hand on what the trip brought", async () => {
      await caller(RULE).ask({ id: "a" });
      expect(asked).toEqual([expect.objectContaining({ userId: "u", analysisId: "a" })]);
      expect(seen).toHaveBeenLastCalledWith(
        expect.objectContaining({ actor: USER, visit: { limits: decision, generation: "g", entry: null } }),
      );
    });

    test("are charged once for a mutation, whose input is not read for it, and for an input that says nothing", async () => {
      await caller(RULE).change({ id: "a" });
      await caller(RULE).ask({ id: "not an id" });
      expect(asked.map(({ analysisId }) => analysisId)).toEqual([undefined, undefined]);
    });

    test("are charged for a query whose input cannot be read, which is refused where it is checked", async () => {
      const routes = router({ ask: charged.meta(RULE).query(() => "answer") });
      const getRawInput = () => Promise.reject(new Error("no JSON"));
      const call = { router: routes, path: "ask", ctx, type: "query" as const, getRawInput, batchIndex: 0 };
      expect(await callTRPCProcedure({ ...call, signal: undefined })).toBe("answer");
      expect(asked.map(({ analysisId }) => analysisId)).toEqual([undefined]);
    });

    test("go no further where they are used up", async () => {
      refuse();
      seen.mockClear();
      await expect(caller(RULE).ask({ id: "a" })).rejects.toThrow("is used up");
      expect(seen).not.toHaveBeenCalled();
    });

    test("are of no use without a rule, or without a user", async () => {
      const words = "limits need a rule, and a user to charge";
      await expect(caller(undefined).ask()).rejects.toThrow(words);
      const unasked = t.procedure.use(takeLimits) as unknown as typeof charged;
      await expect(caller(RULE, unasked, { kind: "anonymous" }).ask()).rejects.toThrow(words);
      expect(asked).toEqual([]);
    });
  });
});

test.each([
  [{ id: "a" }, "a"],
  [{ id: "a", more: 1 }, "a"],
  [{ id: "not an id" }, undefined],
  [{ id: 7 }, undefined],
  [{}, undefined],
  [null, undefined],
  [undefined, undefined],
  ["a", undefined],
  [Object.assign(() => {}, { id: "a" }), undefined],
])("the id that an input names, before it is checked: %j", (input, id) => {
  expect(peekId(input)).toBe(id);
});
