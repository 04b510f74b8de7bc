import { decodeJwt, SignJWT } from "jose";
import type { Config } from "../config.js";
import { MAX_TOKEN_LIFETIME_S } from "../contract/token-keys.js";
import { developmentKeys } from "../development-keys.js";
import { CommandError } from "./command-error.js";

export interface TokenRequest {
  sub: string;
  /** Like `1h` or `7 days`. */
  expires: string;
  scope?: string | undefined;
}

/**
 * Signs a token with the secret that the server checks tokens by.
 *
 * @throws CommandError where tokens are checked by keys of somebody else, or none would be taken for that long
 */
export async function signToken(config: Config, { sub, expires, scope }: TokenRequest): Promise<string> {
  if (config.JWT_JWKS_URL || config.JWT_PUBLIC_KEY) {
    throw new CommandError((say) =>
      say(
        "Tokens are signed by your identity provider here. Ask it for one, and give it to commands with --token or PEG_TOKEN; or set JWT_SECRET instead, for development.",
      ),
    );
  }
  const secret = config.JWT_SECRET ?? developmentKeys(config.DATA_DIR).jwtSecret;
  const token = new SignJWT(scope ? { scope } : {})
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(sub)
    .setIssuedAt();
  if (config.JWT_ISSUER) token.setIssuer(config.JWT_ISSUER);
  if (config.JWT_AUDIENCE) token.setAudience(config.JWT_AUDIENCE);
  try {
    token.setExpirationTime(expires);
  } catch {
    throw new CommandError((say) =>
      say("--expires {span}: give a number and a unit, like 30m, 1h or 7d", { span: expires }),
    );
  }
  const signed = await token.sign(new TextEncoder().encode(secret));
  refuseUseless(signed, expires);
  return signed;
}

/** @throws CommandError where every server would refuse a token for how long it is valid */
function refuseUseless(token: string, span: string): void {
  const { exp = 0, iat = 0 } = decodeJwt(token);
  // The two may have been written in different seconds.
  if (exp > iat && exp - iat <= MAX_TOKEN_LIFETIME_S + 1) return;
  throw new CommandError((say) =>
    say("--expires {span}: a token ends in the future, and after 366 days at most", { span }),
  );
}
