import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Without these a fresh profile talks to hosts that no test has business with. */
const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface TestBrowser {
  /** A page of its own, which remembers what its console and its requests complained of. */
  open(
    options?: BrowserContextOptions,
  ): Promise<{ page: Page; context: BrowserContext; complaints: string[] }>;
  close(): Promise<void>;
}

/** A real Chromium with a fresh profile. */
export async function startBrowser(executablePath: string): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "peg-chromium-"));
  const browser = await chromium.launch({
    executablePath,
    args: ARGUMENTS.filter((argument) => argument !== "--headless"),
    headless: true,
    env: { ...process.env, HOME: profile },
  });
  const contexts = new Set<BrowserContext>();
  return {
    async open(options = {}) {
      const context = await browser.newContext({ locale: "en-GB", ...options });
      contexts.add(context);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.setDefaultTimeout(20_000);
      return { page, context, complaints };
    },
    async close() {
      await Promise.all([...contexts].map((context) => context.close()));
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
