import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleAnalysis } from "../support/backend.js";
import { canBrowse, type Site, startSite } from "./open-page.js";

describe.skipIf(!canBrowse)("the list of analyses", { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    const alice = await site.backend.clientOf("alice");
    for (let i = 0; i < 22; i++) {
      await alice.analysis.create.mutate({ ...sampleAnalysis({ id: `a${i}` }), name: `Release ${i}` });
    }
    await alice.analysis.create.mutate({
      ...sampleAnalysis({ id: "better", samples: 30, factor: 1.3 }),
      name: "New carrier",
    });
    await alice.pegComparison.get.query({ id: "better" });
  }, 60_000);
  afterAll(() => site?.stop());

  test("tells of each its name, periods, state and verdict, newest first", async () => {
    const { page, complaints } = await site.open("/", { as: "alice" });
    const first = page.getByRole("listitem").first();
    await first.getByRole("link", { name: "New carrier" }).waitFor();
    expect(await first.innerText()).toMatch(/2 PEGs, 2 cells/);
    expect(await first.innerText()).toMatch(/2024-01-01 – 2024-01-07[\s\S]*2024-01-08 – 2024-01-14/);
    expect(await first.innerText()).toMatch(/2 improved/);
    expect(await page.getByRole("listitem").nth(1).innerText()).toMatch(/Not compared yet/);
    expect(complaints).toEqual([]);
  });

  test("comes a page at a time", async () => {
    const { page } = await site.open("/", { as: "alice" });
    await page.getByRole("link", { name: "New carrier" }).waitFor();
    expect(await page.locator(".analysis").count()).toBe(20);
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByRole("link", { name: "Release 0" }).waitFor();
    expect(await page.locator(".analysis").count()).toBe(23);
    expect(await page.getByRole("button", { name: "Show more" }).count()).toBe(0);
  });

  test("says why the next page does not come, and brings it once asked again", async () => {
    const { page } = await site.open("/", { as: "alice" });
    await page.getByRole("link", { name: "New carrier" }).waitFor();
    await page.route(/analysis\.list.*cursor/, (route) =>
      route.continue({
        url: route
          .request()
          .url()
          .replace(/cursor%22%3A%22/, "$&wrong"),
      }),
    );
    await page.getByRole("button", { name: "Show more" }).click();
    await page.getByRole("alert").getByText("This did not work").waitFor();
    expect(await page.locator(".analysis").count()).toBe(20);
    await page.unroute(/analysis\.list.*cursor/);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "Release 0" }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("finds a part of a name, and says what to do where there is none", async () => {
    const { page } = await site.open("/", { as: "alice" });
    const listed = () => page.locator(".analysis").count();
    await page.locator(".analysis").nth(1).waitFor();
    await page.getByLabel("Search by name").fill("carr");
    await expect.poll(listed, { timeout: 20_000 }).toBe(1);
    await page.getByLabel("Search by name").fill("nowhere");
    await page.getByRole("heading", { name: "No analysis has this in its name." }).waitFor();
  });

  test("of somebody who may see nothing says what to do, and shows nothing of others", async () => {
    const { page, complaints } = await site.open("/", { as: "bob" });
    await page.getByRole("heading", { name: "There is nothing here yet." }).waitFor();
    expect(await page.locator(".analysis").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("opens an analysis", async () => {
    const { page } = await site.open("/", { as: "alice" });
    await page.getByRole("link", { name: "New carrier" }).click();
    await page.getByRole("heading", { name: "All in all" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/analyses/better");
    // Where the link was there is nothing now: who hears the page is told of the new view.
    expect(await page.evaluate("document.activeElement?.id")).toBe("content");
  });
});
