import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess } from "./process.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** What a page shows to be typed: the blocks marked `bash`. Those that cannot run here are marked `console`. */
export function blocksOf(page: string): string[] {
  const text = readFileSync(join(REPOSITORY, page), "utf8");
  return [...text.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
}

/** Has the shell stop at the first line that fails; `set -e` would overlook those that begin with `!`. */
function checked(block: string): string {
  let heredoc = false;
  return block
    .split("\n")
    .map((line) => {
      const inHeredoc = heredoc;
      if (/<<-?'?EOF'?/.test(line)) heredoc = true;
      else if (line === "EOF") heredoc = false;
      if (inHeredoc || heredoc || /(^|[&\\])$/.test(line) || /^(\s|#|EOF)/.test(line)) return line;
      return `${line} || fail ${JSON.stringify(line).replaceAll("$", "\\$").replaceAll("`", "\\`")}`;
    })
    .join("\n");
}

export interface PageRun {
  page: string;
  /** What stands for something else here: addresses, ports. */
  replace: Record<string, string>;
  env?: Record<string, string>;
  /** Left out where it begins so: what needs a program that is not here. */
  skip?: RegExp;
  timeoutMs: number;
}

/** Runs the lines of a page in one shell, in a folder that has the repository's files, as far as they are named. */
export async function runPage({ page, replace, env = {}, skip, timeoutMs }: PageRun): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "peg-page-"));
  try {
    for (const name of ["examples", "compose.yaml", "deploy", "package.json", "dist", "node_modules"])
      symlinkSync(join(REPOSITORY, name), join(folder, name));
    // npx takes a second to find what lies here.
    const npx = join(folder, "npx");
    writeFileSync(npx, `#!/bin/sh\nshift\nexec node ${join(REPOSITORY, "dist/bundle/peg-bff.js")} "$@"\n`);
    chmodSync(npx, 0o755);
    let script = blocksOf(page)
      .map((block) =>
        block
          .split("\n")
          .filter((line) => !skip?.test(line))
          .join("\n"),
      )
      .map(checked)
      .join("\n");
    for (const [shown, here] of Object.entries(replace)) script = script.replaceAll(shown, here);
    const prelude = [
      'PATH="$PWD:$PATH"',
      'fail() { echo "failed: $1" >&2; kill $(jobs -p) 2>/dev/null; exit 1; }',
      "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT",
      "",
    ].join("\n");
    const shell = startProcess({
      command: "bash",
      args: ["-c", prelude + script],
      cwd: folder,
      env: { LOG_LEVEL: "warn", ...env },
    });
    const { code } = await shell.waitForExit(timeoutMs);
    if (code !== 0) throw new Error(`${page}: ${shell.stdout}\n${shell.stderr}`);
    return shell.stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
