import { createStore } from "../store.js";
import { type Claims, readClaims } from "./claims.js";

const KEY = "peg.token";

/** Who is signed in. The token stays in the tab: another tab, or a new one, asks anew. */
export interface Session {
  token: string;
  claims: Claims;
}

function open(token: string | null): Session | undefined {
  const claims = token ? readClaims(token) : undefined;
  return token && claims ? { token, claims } : undefined;
}

export const session = createStore<Session | undefined>(open(sessionStorage.getItem(KEY)));
/** Whether the last token was refused, so that the page can say why it asks for another. */
export const refused = createStore(false);

/** @returns false where the text cannot be a token */
export function signIn(token: string): boolean {
  const opened = open(token.trim());
  if (!opened) return false;
  sessionStorage.setItem(KEY, opened.token);
  refused.set(false);
  session.set(opened);
  return true;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  refused.set(false);
  session.set(undefined);
}

/** The server does not take the token (any more). */
export function refuseToken(): void {
  if (!session.get()) return;
  signOut();
  refused.set(true);
}

/** Takes a token out of `#token=...`, so that it stands neither in the history nor in what is shared. */
export function takeTokenFromAddress(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (!signIn(token)) refused.set(true);
}
