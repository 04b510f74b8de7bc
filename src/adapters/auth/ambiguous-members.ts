/**
 * Strings, what follows a name, and the brackets that begin and end objects and arrays. A string without an end is
 * one too: were it none, each quote within it would be tried for another one's beginning.
 */
const TOKENS = /"(?:[^"\\]|\\.)*(?:"(\s*:)?)?|[{}[\]]/g;

/**
 * Whether an object of a JSON text names a member twice, of which one reader takes the first and another the
 * last, or names `__proto__`.
 */
export function hasAmbiguousMembers(json: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(TOKENS)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (name === "__proto__" || names?.has(name)) return true;
      names?.add(name);
    }
  }
  return false;
}
