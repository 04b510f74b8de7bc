import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpack } from "../client/packed.js";
import { freePort, startProcess, type TestProcess } from "../support/process.js";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = join(REPOSITORY, "node_modules");
const SECTION = "## From nothing to a typed call in your own frontend\n";
const run = promisify(execFile);

const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8");
const section = readme.split(SECTION)[1]?.split("\n## ")[0] ?? "";

interface Block {
  language: string;
  text: string;
  /** The file that the sentence before it names, where it does. */
  file: string | undefined;
}
const blocks: Block[] = [...section.matchAll(/(.*)\n\n```(\w+)\n([\s\S]*?)^```$/gm)].map(
  ([, before = "", language = "", text = ""]) => ({
    language,
    text,
    file: /into `([\w.]+)`:$/.exec(before)?.[1],
  }),
);

/** Where npm finds what it needs. */
const KEPT = /^(HOME|NODE_EXTRA_CA_CERTS|(https?|no)_proxy|npm_config_(registry|cache|userconfig))$/i;
/** It asks its cache before it asks the registry. */
const NPM: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = ""]) => (KEPT.test(name) ? [[name, value]] : [])),
  ),
  npm_config_prefer_offline: "true",
  npm_config_audit: "false",
  npm_config_fund: "false",
};

/** Copies what git tracks. @returns false where this is no checkout of git's */
async function copyTracked(folder: string): Promise<boolean> {
  const listed = await run("git", ["ls-files", "-z"], { cwd: REPOSITORY }).catch(() => undefined);
  for (const file of listed?.stdout.split("\0").filter(Boolean) ?? [])
    cpSync(join(REPOSITORY, file), join(folder, file));
  return listed !== undefined;
}

async function reachesRegistry(): Promise<boolean> {
  const asked = [
    "view",
    "superjson",
    "version",
    "--prefer-online",
    "--fetch-retries=0",
    "--fetch-timeout=5000",
  ];
  return run("npm", asked, { env: { ...process.env, npm_config_prefer_offline: "false" } }).then(
    () => true,
    () => false,
  );
}

// An installation takes minutes where other tests want the processors too.
describe("the README's path from nothing to a typed call", { timeout: 600_000 }, () => {
  let root: string;
  let folder: string;
  let port: number;
  let server: TestProcess | undefined;
  let online: boolean;
  let tracked: boolean;
  beforeAll(async () => {
    online = await reachesRegistry();
    root = mkdtempSync(join(tmpdir(), "peg-newcomer-"));
    folder = join(root, "peg-comparison-bff");
    port = await freePort();
    tracked = await copyTracked(folder);
  });
  afterAll(async () => {
    // As ctrl-C does: to npx, and to what it has started.
    if (server) process.kill(-server.pid, "SIGINT");
    await server?.waitForExit();
    if (root) rmSync(root, { recursive: true, force: true });
  });

  /** Runs a line as it stands, but for the port. @returns what it prints */
  async function runLine(line: string): Promise<string> {
    if (line.startsWith("cd ")) {
      folder = resolve(folder, line.slice(3));
      return "";
    }
    // What this line installs is what this test runs with: CI begins with it, in a clean checkout.
    if (line === "npm ci" || (!online && /^npm (ci|install)\b/.test(line))) {
      await linkPackages(line);
      return "";
    }
    const command = line.replaceAll("PORT=3000", `PORT=${port}`);
    const program = startProcess({ command: "sh", args: ["-ec", command], cwd: folder, env: NPM });
    if (line.endsWith(" serve")) {
      await program.waitForLine(/listening on /, 60_000);
      server = program;
      return "";
    }
    const { code } = await program.waitForExit(300_000);
    expect({ line, code, said: code === 0 ? "" : program.stdout + program.stderr }).toEqual({
      line,
      code: 0,
      said: "",
    });
    return program.stdout;
  }

  /** In the place of an installation: the packages that are installed here. */
  async function linkPackages(line: string): Promise<void> {
    const place = join(folder, "node_modules");
    const pattern = /(\S+\.tgz)/.exec(line)?.[1];
    if (pattern === undefined) return symlinkSync(MODULES, place);
    mkdirSync(join(place, ".bin"), { recursive: true });
    for (const name of readdirSync(MODULES).filter((name) => !name.startsWith(".")))
      symlinkSync(join(MODULES, name), join(place, name));
    await unpack(packed(resolve(folder, pattern)), join(place, "peg-comparison-bff"));
    chmodSync(join(place, "peg-comparison-bff/dist/cli/main.js"), 0o755);
    symlinkSync("../peg-comparison-bff/dist/cli/main.js", join(place, ".bin/peg-bff"));
    symlinkSync("../typescript/bin/tsc", join(place, ".bin/tsc"));
  }

  /** The one file that a pattern with a star in it names. */
  function packed(pattern: string): string {
    const [head = "", tail = ""] = basename(pattern).split("*");
    const found = readdirSync(dirname(pattern)).filter(
      (name) => name.startsWith(head) && name.endsWith(tail),
    );
    expect(found).toHaveLength(1);
    return join(dirname(pattern), found[0] as string);
  }

  test("is there", () => {
    expect(blocks.map(({ language, file }) => file ?? language)).toEqual([
      ...["sh", "sh", "main.ts", "sh", "sh", "sh", "text"],
    ]);
  });

  test("leads there, line by line", async ({ annotate, skip }) => {
    skip(!tracked, "this is no checkout of git's");
    if (!online) await annotate("npm's registry cannot be reached: packages were linked, and not installed");
    let printed = "";
    for (const { language, text, file } of blocks) {
      if (file) await writeFile(join(folder, file), text.replaceAll("127.0.0.1:3000", `127.0.0.1:${port}`));
      else if (language === "sh")
        for (const line of text.trimEnd().split("\n")) printed = await runLine(line);
      else expect(printed).toBe(text);
    }
  });

  test("shows a misspelled field as an error where the types are checked", async ({ skip }) => {
    skip(!tracked, "this is no checkout of git's");
    const check = blocks.find(({ text }) => text.startsWith("npx tsc"))?.text ?? "";
    const right = blocks.find(({ file }) => file === "main.ts")?.text ?? "";
    await writeFile(join(folder, "main.ts"), right.replace("comparison.trend", "comparison.trent"));
    const program = startProcess({ command: "sh", args: ["-ec", check], cwd: folder, env: NPM });
    expect((await program.waitForExit(60_000)).code).not.toBe(0);
    expect(program.stdout).toMatch(/^main\.ts\(22,\d+\): error TS2551: Property 'trent' does not exist/);
  });
});
