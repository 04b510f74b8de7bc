/** What PostgreSQL's JSON cannot hold. JSON text shows a half of a character as an escape. */
const UNSTORABLE = /\\u0000|\\ud[89a-f]/i;

/** Whether PostgreSQL can hold a value. @param json its text, as `JSON.stringify` writes it */
export function isStorable(json: string): boolean {
  return !UNSTORABLE.test(json);
}
