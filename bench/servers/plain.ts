import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { Redis } from "ioredis";
import { jwtVerify } from "jose";
import superjson from "superjson";
import { pegComparisonGetInput, pegComparisonGetOutput } from "../../src/contract/comparison.js";
import { LIMITS, plainKey, readAnswerJson, readSetup, USER } from "../setup.js";
import { reviveDates, type SentComparison } from "./revive-dates.js";

// The build as it is usually written: tRPC's standalone adapter, superjson, an output schema, JSON from Redis.
const { setup, port } = readSetup();
const redis = setup.redisUrl ? new Redis(setup.redisUrl) : undefined;
const inMemory = new Map(
  setup.cases.map(({ id, bodyFile }) => [plainKey(id), JSON.stringify(readAnswerJson(bodyFile))]),
);
const secret = new TextEncoder().encode(setup.jwtSecret);
const granted = new Set(setup.cases.map(({ id }) => `${USER}/${id}`));

const t = initTRPC
  .context<{ authorization: string | undefined }>()
  .create({ transformer: superjson, isDev: false });

const requireUser = t.middleware(async ({ ctx, next }) => {
  const token = ctx.authorization?.replace(/^Bearer /, "");
  if (!token) throw new TRPCError({ code: "UNAUTHORIZED" });
  try {
    const { payload } = await jwtVerify(token, secret, { algorithms: ["HS256"] });
    return next({ ctx: { userId: payload.sub ?? "" } });
  } catch (cause) {
    throw new TRPCError({ code: "UNAUTHORIZED", cause });
  }
});

/** Counts in fixed windows, both limits in the first of two trips. */
async function countCalls(userId: string): Promise<number[]> {
  if (!redis) return LIMITS.map(() => 1);
  const now = Date.now();
  const trip = redis.pipeline();
  for (const { name, windowMs } of LIMITS) {
    const key = `bench_plain_limit:${userId}:${name}:${Math.floor(now / windowMs)}`;
    trip.incr(key);
    trip.pexpire(key, windowMs);
  }
  const replies = (await trip.exec()) ?? [];
  return LIMITS.map((_, i) => Number(replies[2 * i]?.[1]));
}

const limitCalls = requireUser.unstable_pipe(async ({ ctx, next }) => {
  const counts = await countCalls(ctx.userId);
  if (LIMITS.some(({ limit }, i) => (counts[i] ?? 0) > limit))
    throw new TRPCError({ code: "TOO_MANY_REQUESTS" });
  return next();
});

const appRouter = t.router({
  pegComparison: t.router({
    get: t.procedure
      .use(limitCalls)
      .input(pegComparisonGetInput)
      .output(pegComparisonGetOutput)
      .query(async ({ ctx, input }) => {
        if (!granted.has(`${ctx.userId}/${input.id}`)) throw new TRPCError({ code: "FORBIDDEN" });
        const text = redis ? await redis.get(plainKey(input.id)) : inMemory.get(plainKey(input.id));
        if (text == null) throw new TRPCError({ code: "NOT_FOUND" });
        return reviveDates(JSON.parse(text) as SentComparison);
      }),
  }),
});

createHTTPServer({
  basePath: "/trpc/",
  router: appRouter,
  createContext: ({ req }) => ({ authorization: req.headers.authorization }),
}).listen(port, "127.0.0.1");
