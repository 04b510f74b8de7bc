import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createPegClient } from "../src/client/index.js";
import { startBrowser, type TestBrowser } from "../test/support/browser.js";
import { freePort } from "../test/support/ports.js";
import { findChromium } from "../test/support/servers.js";
import { makeAnalysis } from "./network.js";
import { startChild, waitUntilListening } from "./processes.js";
import { median } from "./statistics.js";
import { signTokens } from "./tokens.js";
import type { Closers } from "./world.js";

const BUILD = fileURLToPath(new URL("../dist/dashboard/", import.meta.url));
const SERVER = fileURLToPath(new URL("../dist/bundle/server.js", import.meta.url));
const JWT_SECRET = "a secret of the bench, of thirty-two bytes or more";
const SIZES = [15, 2000];
const VISITS = 5;
const SCROLLED_FRAMES = 300;
const LONGEST_FRAME_MS = 50;

/** What the page weighs, and how it behaves in front of a server on loopback. */
export interface PageFigures {
  /** gzipped bytes: what the first view loads, and all there is. */
  first: number;
  all: number;
  /** Milliseconds from the address to the first row of the table, which can be clicked then. */
  interactive: { pegs: number; medianMs: number }[];
  /** Of a table of the larger size being scrolled; undefined where there is no browser. */
  scroll: { medianMs: number; longestMs: number } | undefined;
}

async function measureSize(): Promise<Pick<PageFigures, "first" | "all">> {
  const names = await readdir(BUILD, { recursive: true });
  const sizes = new Map<string, number>();
  for (const name of names.filter((name) => /\.(html|js|css|svg)$/.test(name))) {
    sizes.set(name, gzipSync(await readFile(join(BUILD, name))).length);
  }
  const entry = await readFile(join(BUILD, "index.html"), "utf8");
  const isFirst = (name: string) => name === "index.html" || entry.includes(name);
  const sum = (pick: (name: string) => boolean) =>
    [...sizes].filter(([name]) => pick(name)).reduce((total, [, size]) => total + size, 0);
  return { first: sum(isFirst), all: sum(() => true) };
}

/** Opens the comparison anew, with nothing cached, and tells when its first row was there. */
async function visit(browser: TestBrowser, address: string): Promise<number> {
  const { page, context } = await browser.open();
  await page.goto(address);
  await page.locator("tr[data-index] button").first().waitFor({ timeout: 30_000 });
  const ms = await page.evaluate("performance.now()");
  await context.close();
  return Number(ms);
}

/** Scrolls the table a row and a half a frame, and takes the time between frames. */
async function scroll(browser: TestBrowser, address: string): Promise<PageFigures["scroll"]> {
  const { page, context } = await browser.open({ viewport: { width: 1280, height: 900 } });
  await page.goto(address);
  await page.locator("tr[data-index] button").first().waitFor({ timeout: 30_000 });
  await sleep(1000);
  const frames = (await page.evaluate(`new Promise((resolve) => {
    const scroller = document.querySelector(".table-scroller");
    const times = [];
    let last;
    requestAnimationFrame(function frame(now) {
      if (last !== undefined) times.push(now - last);
      last = now;
      scroller.scrollTop += 66;
      if (times.length < ${SCROLLED_FRAMES}) requestAnimationFrame(frame);
      else resolve(times);
    });
  })`)) as number[];
  await context.close();
  return { medianMs: median(frames), longestMs: Math.max(...frames) };
}

/** Measures the built page; in a browser where Chromium is there. */
export async function measurePage(closers: Closers, progress: (text: string) => void): Promise<PageFigures> {
  const size = await measureSize();
  const { path, note } = findChromium();
  if (path === null) {
    progress(`page: ${note}`);
    return { ...size, interactive: [], scroll: undefined };
  }
  progress("page: opened and scrolled in Chromium");
  const folder = await mkdtemp(join(tmpdir(), "peg-page-"));
  closers.add(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const logFile = join(folder, "server.log");
  const limits = { RATE_LIMIT_GET: "9999/1m", RATE_LIMIT_STATUS: "9999/1m", RATE_LIMIT_ALL: "99999/1h" };
  const env = { ...limits, PORT: String(port), DATA_DIR: join(folder, "data"), JWT_SECRET };
  const server = startChild({ args: [SERVER], env, core: undefined, logFile });
  closers.add(() => server.stop());
  await waitUntilListening(server, port, logFile);
  const url = `http://127.0.0.1:${port}`;
  const [token = ""] = await signTokens(JWT_SECRET, 1);
  const peg = createPegClient({ url, token });
  const browser = await startBrowser(path);
  closers.add(() => browser.close());
  const addressOf = (pegs: number) => `${url}/analyses/page-${pegs}#token=${token}`;
  const interactive: PageFigures["interactive"] = [];
  for (const pegs of SIZES) {
    await peg.analysis.create.mutate(makeAnalysis(`page-${pegs}`, pegs));
    await peg.pegComparison.get.query({ id: `page-${pegs}` });
    const times: number[] = [];
    for (let i = 0; i < VISITS; i++) times.push(await visit(browser, addressOf(pegs)));
    interactive.push({ pegs, medianMs: median(times) });
  }
  return { ...size, interactive, scroll: await scroll(browser, addressOf(SIZES.at(-1) ?? 0)) };
}

/** A line for the size, one for the time, one for the frames. */
export function describePage({ first, all, interactive, scroll: frames }: PageFigures): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(0)} kB`;
  const lines = [`Page: ${kilobytes(first)} gzipped for the first view, ${kilobytes(all)} in all`];
  for (const { pegs, medianMs } of interactive) {
    lines.push(
      `Page, ${pegs} PEGs: table ready after ${medianMs.toFixed(0)} ms, median of ${VISITS} first visits`,
    );
  }
  if (frames) {
    const verdict = frames.longestMs <= LONGEST_FRAME_MS ? "as asked" : "TOO LONG";
    const figures = `median ${frames.medianMs.toFixed(1)} ms, longest of ${SCROLLED_FRAMES} ${frames.longestMs.toFixed(1)} ms`;
    lines.push(
      `Page, ${SIZES.at(-1)} PEGs scrolled: frames ${figures} (at most ${LONGEST_FRAME_MS} ms: ${verdict})`,
    );
  }
  return lines.join("\n");
}
