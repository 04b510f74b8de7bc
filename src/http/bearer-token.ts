const BEARER = /^Bearer ([^\s,]+)$/i;

/** The token of `Authorization: Bearer TOKEN`: one space, one token. Anything else is no token. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? "")?.[1];
}
