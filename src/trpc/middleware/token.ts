import { ADMIN_SCOPE } from "../../contract/permissions.js";
import { permissionDenied } from "../../domain/errors.js";
import type { CallRecord, RequestContext, User } from "../context.js";
import { t } from "../init.js";
import { logRequest } from "./watch-calls.js";

/**
 * Finds out by the token who calls, and logs that the call begins.
 *
 * @throws PegError API_AUTHENTICATION_ERROR; API_RATE_LIMIT_EXCEEDED where too many failed from the same address
 */
export async function authenticate(ctx: RequestContext, call: CallRecord, path: string): Promise<User> {
  const { userId, scopes, expiresAt } = await ctx.services.tokens.verify(ctx.token, ctx.from);
  logRequest(ctx, call, path, userId);
  return { kind: "user", userId, scopes, tokenExpiresAt: expiresAt };
}

/** Lets in whoever brings a valid token. */
export const requireToken = t.middleware(async ({ next, ctx, path }) =>
  next({ ctx: { actor: await authenticate(ctx, ctx.call, path) } }),
);

/** Lets in operators only. */
export const requireOperator = t.middleware(({ next, ctx }) => {
  if (ctx.actor.kind !== "user" || !ctx.actor.scopes.includes(ADMIN_SCOPE)) throw permissionDenied();
  return next();
});
