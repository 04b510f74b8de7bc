import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";

interface Place {
  file: string;
  line: number;
}

/** A frame of a stack whose file is ours: as written, as compiled or in a bundle. */
const FRAME = /(?:file:\/\/)?(\/\S*\/(?:src|dist)\/[\w./-]+):(\d+):(\d+)/g;
const OWN_FILE = /\/((?:src|dist)\/[\w./-]+)$/;

/** By bundle. Read they are 50 MB, and wanted for the few errors that come together. */
const maps = new Map<string, WeakRef<SourceMap>>();
/** By frame: errors come from the same few places. */
const places = new Map<string, Place>();

function mapOf(bundle: string): SourceMap {
  const known = maps.get(bundle)?.deref();
  if (known) return known;
  const map = new SourceMap(JSON.parse(readFileSync(new URL(`file://${bundle}.map`), "utf8")));
  maps.set(bundle, new WeakRef(map));
  return map;
}

/** Where it was written what stands at a place of a bundle: that place, where nothing tells. */
function written(bundle: string, line: number, column: number): Place {
  try {
    const entry = mapOf(bundle).findEntry(line - 1, column - 1);
    if ("originalSource" in entry) {
      const { pathname } = new URL(entry.originalSource, `file://${bundle}`);
      return { file: pathname, line: entry.originalLine + 1 };
    }
  } catch {
    // Its map was not kept, or is none.
  }
  return { file: bundle, line };
}

/** The nearest place in our own code, which tells where to look without a stack. */
export function placeOf(error: Error): string | undefined {
  const stack = error.stack?.slice(error.message.length) ?? "";
  for (const [frame, file = "", line, column] of stack.matchAll(FRAME)) {
    const place =
      places.get(frame) ??
      (file.includes("/dist/bundle/")
        ? written(file, Number(line), Number(column))
        : { file, line: Number(line) });
    places.set(frame, place);
    const own = place.file.includes("/node_modules/") ? null : OWN_FILE.exec(place.file);
    if (own) return `${own[1]}:${place.line}`;
  }
  return undefined;
}
