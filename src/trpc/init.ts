import { initTRPC } from "@trpc/server";
import type { PermissionType } from "../contract/permissions.js";
import type { CacheType } from "../domain/ports.js";
import type { CallContext } from "./context.js";
import type { DirectQuery } from "./direct-query.js";
import { errorBodyOf, toPegError } from "./errors.js";
import { transformer } from "./transformer.js";

/** Which limits count a call; all calls count towards the hour. */
export type LimitClass = "get" | "status" | "other";

export type ProcedureType = "query" | "mutation" | "subscription";

/** What every procedure declares. */
export interface ProcedureRule {
  /** The least permission on the analysis that the input names; or only a token; or that of an operator. */
  needs: PermissionType | "token" | "operator";
  limit: LimitClass;
  /** The shared entry that answers it. */
  entry?: CacheType | undefined;
  /** Where it can be answered without tRPC's chain of middleware. */
  direct?: DirectQuery | undefined;
}

export const t = initTRPC
  .context<CallContext>()
  .meta<ProcedureRule>()
  .create({
    transformer,
    isDev: false,
    // A proxy closes what is silent; a client that hears nothing connects anew, and goes on where it was.
    sse: {
      ping: { enabled: true, intervalMs: 10_000 },
      maxDurationMs: 1_800_000,
      client: { reconnectAfterInactivityMs: 25_000 },
    },
    errorFormatter({ error, shape, ctx }) {
      const body = errorBodyOf(
        toPegError(error),
        ctx?.requestId ?? "",
        ctx?.services.clock.now() ?? Date.now(),
        ctx?.language ?? "en",
      );
      const { code, httpStatus } = shape.data;
      return { code: shape.code, message: body.message, data: { code, httpStatus, error: body } };
    },
  });

export const { router, createCallerFactory } = t;
