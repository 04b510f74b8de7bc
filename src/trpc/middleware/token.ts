import { ADMIN_SCOPE } from "../../contract/permissions.js";
import { PegError, permissionDenied } from "../../domain/errors.js";
import { t } from "../init.js";
import { logRequest } from "./watch-calls.js";

/** Lets in whoever brings a valid token. */
export const requireToken = t.middleware(async ({ next, ctx, path }) => {
  if (ctx.token === undefined) {
    throw new PegError(
      "API_AUTHENTICATION_ERROR",
      "A valid token is needed: send it as Authorization: Bearer TOKEN.",
    );
  }
  const { userId, scopes, expiresAt } = await ctx.services.tokens.verify(ctx.token);
  logRequest(ctx, path, userId);
  return next({ ctx: { actor: { kind: "user" as const, userId, scopes, tokenExpiresAt: expiresAt } } });
});

/** Lets in operators only. */
export const requireOperator = t.middleware(({ next, ctx }) => {
  if (ctx.actor.kind !== "user" || !ctx.actor.scopes.includes(ADMIN_SCOPE)) throw permissionDenied();
  return next();
});
