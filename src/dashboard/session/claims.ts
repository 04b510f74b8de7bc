/** What the page shows of a token. The server decides what it is worth. */
export interface Claims {
  sub: string;
  /** When it ends, where it tells. */
  expiresAt: Date | undefined;
}

/** @returns undefined where the text is no token */
export function readClaims(token: string): Claims | undefined {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    const { sub, exp } = JSON.parse(new TextDecoder().decode(bytes)) as { sub?: unknown; exp?: unknown };
    if (typeof sub !== "string") return undefined;
    return { sub, expiresAt: typeof exp === "number" ? new Date(exp * 1000) : undefined };
  } catch {
    return undefined;
  }
}
