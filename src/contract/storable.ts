/** What PostgreSQL's JSON cannot hold. JSON text shows a half of a character as an escape, a backslash as two. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Whether PostgreSQL can hold a value. @param json its text, as `JSON.stringify` writes it */
export function isStorable(json: string): boolean {
  return !UNSTORABLE.test(json);
}
