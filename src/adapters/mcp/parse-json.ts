const PYTHON_NUMBER = /-?\bInfinity\b|\bNaN\b/g;

/**
 * Parses JSON as Python's json module writes it: bare `NaN`, `Infinity` and `-Infinity` are read as null.
 *
 * @throws SyntaxError where it is not JSON even so
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(withoutPythonNumbers(text));
  }
}

function withoutPythonNumbers(text: string): string {
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    if (open === -1) break;
    const end = endOfString(text, open + 1);
    parts.push(text.slice(at, open).replace(PYTHON_NUMBER, "null"), text.slice(open, end));
    at = end;
  }
  parts.push(text.slice(at).replace(PYTHON_NUMBER, "null"));
  return parts.join("");
}

/** Where the string ends whose text starts at `from`: behind its closing quote. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\" && quote - 1 - backslashes >= from) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
