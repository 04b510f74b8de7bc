import { analysisId } from "../../contract/analysis.js";
import { ADMIN_SCOPE } from "../../contract/permissions.js";
import { permissionDenied } from "../../domain/errors.js";
import type { CallRecord, RequestContext, User } from "../context.js";
import { t } from "../init.js";
import { logRequest } from "./watch-calls.js";

/** The id in an input that is not checked yet, if it has the form of one. */
export function peekId(input: unknown): string | undefined {
  const id = typeof input === "object" && input !== null ? (input as { id?: unknown }).id : undefined;
  const parsed = analysisId.safeParse(id);
  return parsed.success ? parsed.data : undefined;
}

/**
 * Finds out by the token who calls, and logs that the call begins, and on which analysis.
 *
 * @param readInput of a query or a stream, begun where the token is good; what cannot be read is refused where it is checked
 * @throws PegError API_AUTHENTICATION_ERROR; API_RATE_LIMIT_EXCEEDED where too many failed from the same address
 */
export async function authenticate(
  ctx: RequestContext,
  call: CallRecord,
  path: string,
  readInput: (() => Promise<unknown>) | undefined,
): Promise<User> {
  const { userId, scopes, expiresAt } = await ctx.services.tokens.verify(ctx.token, ctx.from);
  call.analysisId = peekId(await readInput?.().catch(() => undefined));
  logRequest(ctx, call, path, userId);
  return { kind: "user", userId, scopes, tokenExpiresAt: expiresAt };
}

/** Lets in whoever brings a valid token. */
export const requireToken = t.middleware(async ({ next, ctx, path, type, getRawInput }) => {
  // Not of a mutation: its body may be large, and is not read for those over their limit.
  const readInput = type === "mutation" ? undefined : getRawInput;
  return next({ ctx: { actor: await authenticate(ctx, ctx.call, path, readInput) } });
});

/** Lets in operators only. */
export const requireOperator = t.middleware(({ next, ctx }) => {
  if (ctx.actor.kind !== "user" || !ctx.actor.scopes.includes(ADMIN_SCOPE)) throw permissionDenied();
  return next();
});
