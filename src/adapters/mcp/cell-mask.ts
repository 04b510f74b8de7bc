const WORD = /[\p{L}\p{N}]/u;
const isWord = (char: string | undefined) => char !== undefined && WORD.test(char);

/**
 * Makes a function that writes `[cell]` in the place of every cell id that stands as a word in a text:
 * what the service says about the data may name a cell, and goes to answers and logs.
 *
 * @param cells the ids that were sent
 */
export function createCellMask(cells: readonly string[]): (text: string) => string {
  const known = new Set(cells);
  // Longest first, so that no id is masked by halves.
  const lengths = [...new Set(cells.map(({ length }) => length))].sort((a, b) => b - a);
  return (text) => {
    let masked = "";
    let at = 0;
    while (at < text.length) {
      const start = at;
      const starts = !(isWord(text[start - 1]) && isWord(text[start]));
      const length = starts ? lengths.find((size) => standsAt(text, start, size, known)) : undefined;
      masked += length === undefined ? text[at] : "[cell]";
      at += length ?? 1;
    }
    return masked;
  };
}

function standsAt(text: string, start: number, size: number, known: ReadonlySet<string>): boolean {
  const end = start + size;
  if (size === 0 || end > text.length || (isWord(text[end - 1]) && isWord(text[end]))) return false;
  return known.has(text.slice(start, end));
}
