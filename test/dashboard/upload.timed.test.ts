import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedData } from "../support/shared-data.js";
import { canBrowse, chooseFile, type Site, startSite } from "./open-page.js";

describe.skipIf(!canBrowse)("uploading", { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  }, 60_000);
  afterAll(() => site?.stop());

  test.skipIf(!sharedData.found)("of a real file of 52,000 values keeps the page responsive", async () => {
    const { page, complaints } = await site.open("/upload", { as: "alice" });
    await page.evaluate(() => {
      const state = globalThis as unknown as { longest: number };
      state.longest = 0;
      let last = performance.now();
      setInterval(() => {
        const now = performance.now();
        state.longest = Math.max(state.longest, now - last);
        last = now;
      }, 10);
    });
    await chooseFile(page, "lte.csv.gz", readFileSync(sharedData.path("large_lte_oss_2018_2019.csv.gz")));
    await page.getByRole("heading", { name: "The two periods" }).waitFor({ timeout: 20_000 });
    await page.getByRole("button", { name: "Store and compare" }).click();
    await page.waitForURL(/\/analyses\//, { timeout: 30_000 });
    const longest = await page.evaluate(() => (globalThis as unknown as { longest: number }).longest);
    // On the page itself it would be seconds.
    expect(longest).toBeLessThan(500);
    expect(complaints).toEqual([]);
  });
});
