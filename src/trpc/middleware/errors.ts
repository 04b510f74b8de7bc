import { toTrpcError } from "../errors.js";
import { t } from "../init.js";

/** Maps every failure of a call. `next` resolves to a result and does not throw. */
export const mapErrors = t.middleware(async ({ next }) => {
  const result = await next();
  return result.ok ? result : { ...result, error: toTrpcError(result.error) };
});
