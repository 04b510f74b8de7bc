import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tokenFor } from "../support/backend.js";
import { canBrowse, type Site, startSite } from "./open-page.js";

describe.skipIf(!canBrowse)("signing in", { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
  }, 60_000);
  afterAll(() => site?.stop());

  test("takes a token that is pasted, and only a token", async () => {
    const { page, complaints } = await site.open("/");
    await page.getByLabel("Token", { exact: true }).fill("not a token");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This is no token.").waitFor();
    await page.getByLabel("Token", { exact: true }).fill(`  ${await tokenFor("alice")}\n`);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Analyses" }).waitFor();
    expect(await page.getByText("alice", { exact: true }).isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("by a link opens the view that it names, and leaves no token in the address or the history", async () => {
    const { page, complaints } = await site.open("/upload", { as: "alice" });
    await page.getByRole("heading", { name: "Upload measurements" }).waitFor();
    expect(page.url()).toBe(`${site.backend.url}/upload`);
    expect(await page.evaluate("document.referrer + location.hash")).toBe("");
    await page.reload();
    await page.getByRole("heading", { name: "Upload measurements" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("with a token that the server refuses asks for another, and says why", async () => {
    const { page } = await site.open("/", { as: "alice", token: { expiresInSeconds: -60 } });
    await page.getByText("The token has expired or is not valid here.").waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
  });

  test("out forgets the token, and what was shown", async () => {
    const { page, complaints } = await site.open("/", { as: "alice" });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Token", { exact: true }).waitFor();
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
    await page.reload();
    await page.getByLabel("Token", { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("speaks the browser's language, and keeps the one that is chosen", async () => {
    const { page } = await site.open("/", { locale: "ko-KR" });
    await page.getByRole("button", { name: "로그인" }).waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe("ko");
    await page.getByLabel("언어").selectOption("en");
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
  });
});
