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
  type Visitor,
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
      await page.locator(".actions button").nth(1).click();
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

const LOOKS: Record<string, Omit<Visitor, "as">> = {
  light: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 740 } },
  "narrow, dark, Korean": { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "ko-KR" },
  Korean: { viewport: { width: 1280, height: 900 }, locale: "ko-KR" },
  "4K": { viewport: { width: 3840, height: 2160 } },
};

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

  describe.each(Object.entries(LOOKS))("in %s", (look, options) => {
    test.each(Object.entries(VIEWS))(
      "%s: axe finds nothing, nothing is too wide, no complaint",
      async (name, view) => {
        const { page, complaints } = await site.open(view.path, {
          ...options,
          ...(view.as && { as: view.as }),
        });
        await view.ready(page);
        await keepScreenshot(page, `${name} ${look}`.replaceAll(/[ ,]+/g, "-"));
        expect(await accessibilityProblems(page)).toEqual([]);
        const { scrollWidth, clientWidth } = await widthsOf(page);
        expect(scrollWidth).toBe(clientWidth);
        expect(complaints).toEqual([]);
        await page.context().close();
      },
    );
  });

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
