import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { inject } from "vitest";
import type { RuntimeOverrides } from "../../src/runtime.js";
import { startBackend, type TestBackend, type TokenOptions, tokenFor } from "../support/backend.js";
import { startBrowser, type TestBrowser } from "../support/browser.js";
import { cliIsBuilt } from "../support/process.js";

/** `describe.skipIf(!canBrowse)`: these tests want a Chromium and the page as built. */
export const canBrowse = cliIsBuilt && inject("chromiumPath") !== null;

/** A page in a real browser, in front of a real server. */
export interface OpenPage {
  page: Page;
  /** What the console complained of: nothing, in the end. */
  complaints: string[];
}

export interface Visitor extends BrowserContextOptions {
  /** Who is signed in, by a link as the demo prints it; nobody where absent. */
  as?: string;
  token?: TokenOptions;
}

export interface Site {
  backend: TestBackend;
  open(path: string, visitor?: Visitor): Promise<OpenPage>;
  stop(): Promise<void>;
}

/** Limits that a person never meets, and a service that judges. */
const USUAL = {
  ALGORITHM_VERSION: "v3.0.0",
  RATE_LIMIT_GET: "100000/1m",
  RATE_LIMIT_STATUS: "100000/1m",
  RATE_LIMIT_ALL: "100000/1h",
};

export async function startBrowsing(): Promise<TestBrowser> {
  return startBrowser(inject("chromiumPath") ?? "");
}

/** Opens an address as somebody. */
export async function openAs(
  browser: TestBrowser,
  url: string,
  { as, token, ...options }: Visitor = {},
): Promise<OpenPage> {
  const { page, complaints } = await browser.open(options);
  const fragment = as === undefined ? "" : `#token=${await tokenFor(as, token)}`;
  await page.goto(url + fragment);
  return { page, complaints };
}

/** A server in this process and a browser for a file of tests. */
export async function startSite(
  env: Record<string, string> = {},
  overrides: RuntimeOverrides = {},
): Promise<Site> {
  const [backend, browser] = await Promise.all([
    startBackend({ ...USUAL, ...env }, overrides),
    startBrowsing(),
  ]);
  return {
    backend,
    open: (path, visitor) => openAs(browser, backend.url + path, visitor),
    async stop() {
      await browser.close();
      await backend.stop();
    },
  };
}

/** Whether something is wider than the window shows in the two being different. */
export function widthsOf(page: Page): Promise<{ scrollWidth: number; clientWidth: number }> {
  return page.evaluate(
    "({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })",
  );
}

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds at fault, in a line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // The page's own policy lets no script in but its own; the debugger's way is not bound by it.
  await page.evaluate(AxeBuilder.source);
  return page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: typeof AxeBuilder };
    const { violations } = await axe.run({ runOnly: { type: "tag", values: rules } });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")} (${failureSummary})`),
    );
  }, RULES);
}

/** Keeps a picture where `SCREENSHOTS` names a folder, for somebody to look at. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Chooses a file on the upload page, as a person does. */
export async function chooseFile(page: Page, name: string, content: string | Buffer): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByLabel("A file of CSV or JSON").click(),
  ]);
  await chooser.setFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
}
