import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** A change of one compiled file: the text has to stand there exactly once. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/**
 * A copy of the built program with the edits made in it.
 *
 * @throws where the text to be changed is not there, or more than once: then the copy would not be what it should
 */
export function copyWith(edits: readonly Edit[]): string {
  const copy = mkdtempSync(join(tmpdir(), "peg-edited-"));
  cpSync(join(REPOSITORY, "dist"), join(copy, "dist"), {
    recursive: true,
    // The bundles would be run in their place.
    filter: (path) => !path.endsWith(".d.ts") && path !== join(REPOSITORY, "dist/bundle"),
  });
  cpSync(join(REPOSITORY, "drizzle"), join(copy, "drizzle"), { recursive: true });
  cpSync(join(REPOSITORY, "package.json"), join(copy, "package.json"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(copy, "node_modules"));
  for (const { file, from, to } of edits) {
    const path = join(copy, "dist", file);
    const [before, after, ...more] = readFileSync(path, "utf8").split(from);
    if (before === undefined || after === undefined || more.length)
      throw new Error(`dist/${file} has to hold this once, so that it can be replaced: ${from}`);
    writeFileSync(path, before + to + after);
  }
  return copy;
}
