import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { createPegClient } from "../../src/client/index.js";
import { cliIsBuilt, startCli, type TestProcess } from "../support/process.js";
import { sharedData } from "../support/shared-data.js";

const SMALL = "small_5g_drive.json";
const LARGE = "large_lte_oss_2018_2019.json.gz";

/** What still runs of the group that a process led; what has ended may wait for its parent. Linux tells. */
function leftOf(leader: number): string[] {
  if (!existsSync("/proc/self/stat")) return [];
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(group) === leader && state !== "Z";
    } catch {
      return false;
    }
  });
}

describe.skipIf(!cliIsBuilt)("the demo", { timeout: 60_000 }, () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** With a folder of its own for what is temporary. */
  function start(args: string[], port = "0"): { demo: TestProcess; leavesNothing(): Promise<void> } {
    const folder = mkdtempSync(join(tmpdir(), "peg-demo-"));
    folders.push(folder);
    const demo = startCli(["demo", ...args], { TMPDIR: folder, PORT: port });
    return {
      demo,
      leavesNothing: async () => {
        expect(readdirSync(folder)).toEqual([]);
        // The analysis service ends by itself when its parent is gone.
        await expect.poll(() => leftOf(demo.pid), { timeout: 10_000, interval: 50 }).toEqual([]);
      },
    };
  }

  test("stores, compares, shows what was injected beside what was found, and leaves nothing", async () => {
    const { demo, leavesNothing } = start(["--once"]);
    expect(await demo.waitForExit(50_000)).toEqual({ code: 0, signal: null });
    const { stdout } = demo;
    expect(stdout).not.toContain("\u001b[");
    expect(stdout).toMatch(/^ PEG +Weight +N-1 +N +Change +95 % interval +Verdict$/m);
    expect(stdout).toMatch(
      /^ DL_Throughput_Mbps +10 +42\.00 +4\d\.\d\d +\+1\d\.\d % ▲ +\+1\d\.\d to \+1\d\.\d % +improved$/m,
    );
    expect(stdout).toContain("Summary  11 PEGs: 4 improved, 1 declined, 6 stable\nOverall  improving, ");
    expect(stdout).toContain("Skipped  VoLTE_MOS: no samples in period N");

    const [head = "", , ...truth] = stdout
      .slice(stdout.indexOf("Injected beside found"))
      .split("\n")
      .slice(1);
    expect(head).toMatch(/^ PEG +Injected +Found +5 % rule +Judge +What was done$/);
    const rows = truth.slice(0, truth.indexOf(""));
    expect(rows).toHaveLength(12);
    for (const row of rows) expect(row.match(/\bright\b/g)).toHaveLength(2);
    expect(stdout).toContain(
      "\n5 % rule: 12 right, 0 wrong, 0 not told\nJudge: 12 right, 0 wrong, 0 not told\n",
    );

    expect(stdout).toContain("The first answer was not cached; the second one came with cached: true.");
    await leavesNothing();
  });

  test.skipIf(!sharedData.found)("takes the measurements of a network over two years", async () => {
    const { demo, leavesNothing } = start(["--once", "--data", sharedData.path(LARGE)]);
    expect(await demo.waitForExit(50_000)).toEqual({ code: 0, signal: null });
    expect(demo.stdout).toMatch(
      /^ E_RAB_SETUP_FR +8 +0\.36\d\d +0\.20\d\d +-43\.\d % ▼ +-\d+\.\d to .* % +(improved|cannot tell)$/m,
    );
    expect(demo.stdout).toContain("Summary  3 PEGs: ");
    expect(demo.stdout).toContain("cached: true.");
    expect(demo.stdout).toContain(" holds 52304 rows of 3 PEGs in 1 cell.\n");
    expect(demo.stdout).not.toContain("Injected");
    await leavesNothing();
  });

  test("serves on until it is interrupted, on a free port where its own is taken", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const data = sharedData.found ? ["--data", sharedData.path(SMALL)] : [];
    const { demo, leavesNothing } = start(data, String(port));
    const [, url = ""] = await demo.waitForLine(/^The API listens on (http:\S+) until/, 50_000);
    const [token = ""] = await demo.waitForLine(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const [, id = ""] = await demo.waitForLine(/^Analysis (\S+) holds/);
    await demo.waitForLine(new RegExp(`^${url}/analyses/${id}#token=${token}$`));
    expect(new URL(url).port).not.toBe(String(port));
    const found = await createPegClient({ url, token }).pegComparison.get.query({ id });
    expect(found).toMatchObject({ status: "COMPLETED", cached: true });
    if (data.length) expect(demo.stdout).toContain("Summary  9 PEGs: ");
    expect(await demo.kill("SIGINT", 20_000)).toEqual({ code: 0, signal: null });
    await leavesNothing();
  });

  test("leaves nothing where it fails, or is interrupted while it starts", async () => {
    const settings = start([], "many");
    const data = start(["--data", join(tmpdir(), "absent.json")]);
    const interrupted = start(["--once"]);
    await interrupted.demo.waitForLine(/starting the embedded database/, 20_000);
    interrupted.demo.signal("SIGINT");
    expect((await settings.demo.waitForExit(20_000)).code).toBe(1);
    expect(settings.demo.stderr).toMatch(/^The settings cannot be used:\n {2}- PORT: /);
    expect((await data.demo.waitForExit(40_000)).code).toBe(1);
    expect(data.demo.stderr).not.toContain("starting");
    expect(data.demo.stderr).toContain("absent.json cannot be read: there is no such file\n");
    await interrupted.demo.waitForExit(20_000);
    for (const one of [settings, data, interrupted]) await one.leavesNothing();
  });
});
