const BEARER = /^Bearer ([^\s,]+)$/i;

/** The token of `Authorization: Bearer TOKEN`: one space, one token. Anything else is no token. */
export function bearerToken(headers: Headers): string | undefined {
  return BEARER.exec(headers.get("authorization") ?? "")?.[1];
}
