import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PegClient } from "../../src/client/index.js";
import { sampleAnalysis } from "../support/backend.js";
import { canBrowse, type Site, startSite } from "./open-page.js";

describe.skipIf(!canBrowse)("sharing an analysis", { timeout: 60_000 }, () => {
  let site: Site;
  let alice: PegClient;
  beforeAll(async () => {
    site = await startSite();
    alice = await site.backend.clientOf("alice");
    await alice.analysis.create.mutate(sampleAnalysis({ id: "shared" }));
    await alice.pegComparison.get.query({ id: "shared" });
  }, 60_000);
  afterAll(() => site?.stop());

  test("grants with an end, shows it, and revokes", async () => {
    const { page, complaints } = await site.open("/analyses/shared", {
      as: "alice",
      timezoneId: "Asia/Seoul",
    });
    await page.getByRole("button", { name: "Share" }).click();
    const dialog = page.getByRole("dialog", { name: "Share" });
    await dialog.getByLabel("User").fill("bob");
    await dialog.getByRole("combobox", { name: "May", exact: true }).selectOption("write");
    // Nine in the morning in Seoul is midnight in UTC.
    await dialog.getByLabel(/Until/).fill("2999-12-31T09:00");
    await dialog.getByRole("button", { name: "Grant" }).click();
    await dialog.getByText("bob may now do this.").waitFor();
    const row = dialog.getByRole("row", { name: /^bob/ });
    expect(await row.innerText()).toMatch(/read and change\s+2999-12-31 00:00 UTC/);
    const { permissions } = await alice.permission.list.query({ id: "shared" });
    expect(permissions.find(({ user_id }) => user_id === "bob")).toMatchObject({
      permission_type: "write",
      expires_at: new Date("2999-12-31T00:00:00Z"),
    });
    const bob = await site.open("/analyses/shared", { as: "bob" });
    await bob.page.getByRole("button", { name: "Recompute" }).waitFor();

    await row.getByRole("button", { name: "Revoke: bob, read and change" }).click();
    await row.waitFor({ state: "detached" });
    await bob.page.reload();
    await bob.page.getByRole("heading", { name: "You may not see this" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("tells in the server's words why the last admin stays", async () => {
    const { page } = await site.open("/analyses/shared", { as: "alice" });
    await page.getByRole("button", { name: "Share" }).click();
    await page.getByRole("button", { name: /Revoke: alice/ }).click();
    await page.getByRole("dialog").getByRole("alert").waitFor();
    expect(await page.getByRole("dialog").getByRole("alert").innerText()).toMatch(/admin/);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate("document.activeElement?.textContent")).toBe("Share");
  });

  test("by who takes their own right to it away ends, and says so", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "left" }));
    await alice.pegComparison.get.query({ id: "left" });
    await alice.permission.grant.mutate({ id: "left", user_id: "carol", permission_type: "admin" });
    const { page } = await site.open("/analyses/left", { as: "carol" });
    await page.getByRole("button", { name: "Share" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /Revoke: carol/ }).click();
    await dialog.getByText("You may not share this any more").waitFor();
    expect(await dialog.getByRole("row").count()).toBe(0);
    expect(await dialog.getByRole("button", { name: "Grant" }).count()).toBe(0);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Share" }).waitFor({ state: "detached" });
    expect(await page.getByRole("button", { name: "Recompute" }).count()).toBe(0);
  });

  test("with more users than a page holds shows the others when asked to", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "many" }));
    await alice.pegComparison.get.query({ id: "many" });
    const users = Array.from({ length: 101 }, (_, i) => `user-${String(i).padStart(3, "0")}`);
    await Promise.all(
      users.map((user_id) => alice.permission.grant.mutate({ id: "many", user_id, permission_type: "read" })),
    );
    const { page, complaints } = await site.open("/analyses/many", { as: "alice" });
    await page.getByRole("button", { name: "Share" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("row", { name: /^user-098/ }).waitFor();
    expect(await dialog.getByRole("row", { name: /^user-/ }).count()).toBe(99);
    await dialog.getByRole("button", { name: "Show more" }).click();
    await dialog.getByRole("row", { name: /^user-100/ }).waitFor();
    expect(await dialog.getByRole("button", { name: "Show more" }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("names the field that does not fit, and says what it waits for", async () => {
    const { page } = await site.open("/analyses/shared", { as: "alice" });
    await page.getByRole("button", { name: "Share" }).waitFor();
    await page.route(/permission\.list/, (route) => route.abort());
    await page.getByRole("button", { name: "Share" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Trying again by itself.").waitFor();
    await page.unroute(/permission\.list/);
    await dialog.getByRole("row", { name: /^alice/ }).waitFor();
    expect(await dialog.getByText("Trying again by itself.").count()).toBe(0);
    await dialog.getByLabel("User").fill("  ");
    await dialog.getByRole("button", { name: "Grant" }).click();
    const problem = dialog.getByRole("alert");
    await problem.getByRole("listitem").first().waitFor();
    expect(await problem.innerText()).toMatch(/user_id/);
    // What the server said was said in another language.
    await page.locator(".header-tools select").first().selectOption("ko", { force: true });
    await problem.waitFor({ state: "detached" });
  });
});
