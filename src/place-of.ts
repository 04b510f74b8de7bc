import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** A frame of a stack whose file is ours: as written, as compiled or in a bundle. */
const FRAME = /(?:file:\/\/)?(\/\S*\/(?:src|dist)\/[\w./-]+):(\d+):(\d+)/g;
const OWN_FILE = /\/((?:src|dist)\/[\w./-]+)$/;
/** By bundle; a place in one names nothing that anybody wrote. */
const maps = new Map<string, SourceMap | undefined>();

function readMap(bundle: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, "utf8")));
  } catch {
    return undefined;
  }
}

/** Where it was written what stands at a place of a file. */
function written(file: string, line: number, column: number): { file: string; line: number } {
  if (!maps.has(file)) maps.set(file, file.includes("/dist/bundle/") ? readMap(file) : undefined);
  const entry = maps.get(file)?.findEntry(line - 1, column - 1);
  if (!entry || !("originalSource" in entry)) return { file, line };
  return {
    file: fileURLToPath(new URL(entry.originalSource, `file://${file}`)),
    line: entry.originalLine + 1,
  };
}

/** The nearest place in our own code, which tells where to look without a stack. */
export function placeOf(error: Error): string | undefined {
  for (const [, path = "", line, column] of (error.stack?.slice(error.message.length) ?? "").matchAll(
    FRAME,
  )) {
    const place = written(path, Number(line), Number(column));
    const own = place.file.includes("/node_modules/") ? null : OWN_FILE.exec(place.file);
    if (own) return `${own[1]}:${place.line}`;
  }
  return undefined;
}
