import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { simulateNetwork } from "../../src/cli/demo/simulate-network.js";
import { sampleAnalysis } from "../support/backend.js";
import {
  accessibilityProblems,
  canBrowse,
  keepScreenshot,
  type Site,
  startSite,
  widthsOf,
} from "./open-page.js";

const CSV = "timestamp,cell_id,A\n2024-01-01T00:00:00Z,C1,1\n2024-01-02T00:00:00Z,C1,2\n";

interface View {
  path: string;
  as?: string;
  /** Brings the page to where it is looked at. */
  ready: (page: Page) => Promise<unknown>;
}

const VIEWS: Record<string, View> = {
  "sign-in": { path: "/", ready: (page) => page.locator("textarea").waitFor() },
  list: { path: "/", as: "alice", ready: (page) => page.locator(".analysis .chip").first().waitFor() },
  "empty list": { path: "/", as: "nobody", ready: (page) => page.locator(".empty").waitFor() },
  comparison: {
    path: "/analyses/net",
    as: "alice",
    ready: (page) => page.locator("tr[data-index]").first().waitFor(),
  },
  "one PEG": {
    path: "/analyses/net?peg=DL_Throughput_Mbps",
    as: "alice",
    ready: (page) => page.locator("canvas").waitFor(),
  },
  sharing: {
    path: "/analyses/net",
    as: "alice",
    ready: async (page) => {
      await page.getByRole("button", { name: "Share" }).click();
      await page.locator(".permissions tbody tr").first().waitFor();
    },
  },
  upload: {
    path: "/upload",
    as: "alice",
    ready: async (page) => {
      await page
        .locator("input[type=file]")
        .setInputFiles({ name: "a.csv", mimeType: "text/csv", buffer: Buffer.from(CSV) });
      await page.locator(".overview").waitFor();
    },
  },
  "not found": { path: "/analyses/a/b", as: "alice", ready: (page) => page.locator(".empty").waitFor() },
};

interface Look {
  width: number;
  dark?: boolean;
  language?: "en" | "ko";
}

const LOOKS: Record<string, Look> = {
  light: { width: 1280 },
  dark: { width: 1280, dark: true },
  Korean: { width: 1280, language: "ko" },
  narrow: { width: 360 },
  "narrow, dark, Korean": { width: 360, dark: true, language: "ko" },
  "4K": { width: 3840 },
};

/** Changes how an open page looks, as its reader and their machine would. */
async function dress(page: Page, { width, dark = false, language = "en" }: Look): Promise<void> {
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
  // Dialogs lie over the field for it, which is there all the same.
  await page.locator(".header-tools select").first().selectOption(language, { force: true });
  await page.locator(`html[lang=${language}]`).waitFor({ state: "attached" });
}

describe.skipIf(!canBrowse)("each view", { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    const alice = await site.backend.clientOf("alice");
    await alice.analysis.create.mutate({ ...simulateNetwork().analysis, id: "net", name: "Cluster 7" });
    await alice.pegComparison.get.query({ id: "net" });
    await alice.analysis.create.mutate(sampleAnalysis({ id: "plain" }));
  }, 60_000);
  afterAll(() => site?.stop());

  test.each(Object.entries(VIEWS))(
    "%s: axe finds nothing, nothing is too wide, no complaint",
    async (name, view) => {
      const { page, complaints } = await site.open(view.path, view.as === undefined ? {} : { as: view.as });
      await view.ready(page);
      const problems: string[] = [];
      for (const [look, options] of Object.entries(LOOKS)) {
        await dress(page, options);
        await keepScreenshot(page, `${name} ${look}`.replaceAll(/[ ,]+/g, "-"));
        problems.push(...(await accessibilityProblems(page)).map((problem) => `${look}: ${problem}`));
        const { scrollWidth, clientWidth } = await widthsOf(page);
        if (scrollWidth > clientWidth) problems.push(`${look}: ${scrollWidth} wide in ${clientWidth}`);
      }
      expect(problems).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  test("asks no host but its own", async () => {
    const { page } = await site.open("/", { as: "alice" });
    const asked = new Set<string>();
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await page.reload();
    await page.getByRole("link", { name: "Cluster 7" }).click();
    await page.locator("tr[data-index] button").first().click();
    await page.locator("canvas").waitFor();
    expect([...asked]).toEqual([site.backend.url]);
  });
});
