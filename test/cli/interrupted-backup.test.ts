import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { prepareDataDir } from "../support/data-dir.js";
import { cliIsBuilt, startCli } from "../support/process.js";

describe.skipIf(!cliIsBuilt)("a backup that is interrupted", { timeout: 60_000 }, () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s leaves nothing, neither what it wrote nor what it restored", async (signal, code) => {
    folder = mkdtempSync(join(tmpdir(), "peg-interrupted-"));
    const [dataDir, temporary] = [join(folder, "data"), join(folder, "tmp")];
    prepareDataDir(dataDir);
    mkdirSync(temporary);
    const backup = startCli(["backup", join(folder, "peg.backup")], { DATA_DIR: dataDir, TMPDIR: temporary });
    const restored = () => readdirSync(temporary).filter((name) => name.startsWith("peg-backup-"));
    await expect.poll(restored, { timeout: 30_000, interval: 1 }).toHaveLength(1);
    expect(readdirSync(folder)).toContain("peg.backup.unchecked");
    expect(await backup.kill(signal, 20_000)).toEqual({ code, signal: null });
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(["data", "tmp"]);
  });

  test("by a folder of the same name leaves that alone", async () => {
    folder = mkdtempSync(join(tmpdir(), "peg-interrupted-"));
    const dataDir = join(folder, "data");
    prepareDataDir(dataDir);
    const draft = join(folder, "peg.backup.unchecked");
    mkdirSync(draft);
    writeFileSync(join(draft, "precious"), "");
    const backup = startCli(["backup", join(folder, "peg.backup")], { DATA_DIR: dataDir });
    expect(await backup.waitForExit(30_000)).toEqual({ code: 1, signal: null });
    expect(backup.stderr).toContain("is in the way");
    expect(readdirSync(draft)).toEqual(["precious"]);
  });
});
