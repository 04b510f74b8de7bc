import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPegClient, type PegClient } from "../../src/client/index.js";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis, TEST_ENV, tokenFor } from "../support/backend.js";
import type { TestBrowser } from "../support/browser.js";
import { prepareDataDir } from "../support/data-dir.js";
import { freePort, startCli, type TestProcess } from "../support/process.js";
import { canBrowse, openAs, startBrowsing } from "./open-page.js";

const RECOVERY_MS = 90_000;

describe.skipIf(!canBrowse)("a comparison that is computed", { timeout: RECOVERY_MS + 30_000 }, () => {
  let folder: string;
  let url: string;
  let env: Record<string, string>;
  let server: TestProcess;
  let service: TestAnalysisService;
  let browser: TestBrowser;
  let alice: PegClient;

  const startServer = async () => {
    const started = startCli(["serve"], env);
    await started.waitForText("listening on", 30_000);
    return started;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "peg-page-"));
    prepareDataDir(folder);
    [service, browser] = await Promise.all([startAnalysisService(), startBrowsing()]);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const limits = { RATE_LIMIT_GET: "1000/1m", RATE_LIMIT_STATUS: "1000/1m", RATE_LIMIT_ALL: "10000/1h" };
    env = {
      ...TEST_ENV,
      ...limits,
      LOG_LEVEL: "info",
      DATA_DIR: folder,
      PORT: String(port),
      MCP_URL: service.url,
    };
    server = await startServer();
    alice = createPegClient({ url, token: await tokenFor("alice") });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.kill("SIGKILL");
    await service?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("shows how far it is, and then the result, by itself", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "live" }));
    const release = service.hold();
    const { page, complaints } = await openAs(browser, `${url}/analyses/live`, { as: "alice" });
    await page.getByRole("heading", { name: "Being compared" }).waitFor();
    service.tellProgress(60);
    const bar = page.getByRole("progressbar");
    await expect
      .poll(async () => Number(await bar.getAttribute("value")), { timeout: 10_000 })
      .toBeGreaterThan(40);
    release();
    await page.getByRole("heading", { name: "All in all" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("is shown to who may see it again, whatever was refused meanwhile", async () => {
    const id = "refused-meanwhile";
    const read = { id, user_id: "bob", permission_type: "read" } as const;
    await alice.analysis.create.mutate(sampleAnalysis({ id }));
    await alice.permission.grant.mutate(read);
    const release = service.hold();
    const { page } = await openAs(browser, `${url}/analyses/${id}`, { as: "bob" });
    await page.getByRole("heading", { name: "Being compared" }).waitFor();
    await alice.permission.revoke.mutate(read);
    await page.getByRole("heading", { name: "You may not see this" }).waitFor();
    await alice.permission.grant.mutate(read);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "Being compared" }).waitFor();
    await alice.permission.revoke.mutate(read);
    await page.getByRole("heading", { name: "You may not see this" }).waitFor();
    await alice.permission.grant.mutate(read);
    release();
    await alice.pegComparison.get.query({ id });
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("heading", { name: "All in all" }).waitFor();
  });

  test("is computed anew for whoever may, and shown again", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "again" }));
    await alice.pegComparison.get.query({ id: "again" });
    const { page, complaints } = await openAs(browser, `${url}/analyses/again`, { as: "alice" });
    await page.getByRole("heading", { name: "All in all" }).waitFor();
    const calls = service.calls;
    const release = service.hold();
    await page.getByRole("button", { name: "Recompute" }).click();
    await page.getByRole("progressbar").waitFor();
    expect(await page.getByRole("button", { name: "Recompute" }).isDisabled()).toBe(true);
    release();
    await page.getByRole("heading", { name: "All in all" }).waitFor();
    expect(service.calls).toBe(calls + 1);
    expect(complaints).toEqual([]);
  });

  test("and fails tells why, and what to do", async () => {
    const only = sampleAnalysis({ id: "one-period" });
    await alice.analysis.create.mutate({
      ...only,
      stats: only.stats.filter(({ period }) => period === "N"),
    });
    const { page } = await openAs(browser, `${url}/analyses/one-period`, { as: "alice" });
    await page.getByRole("heading", { name: "The comparison failed" }).waitFor();
    expect(await page.getByRole("alert").innerText()).toMatch(
      /no PEG can be compared[\s\S]*PEG "[^"]+": no samples in period N-1/,
    );
    await page.locator("button:enabled", { hasText: "Recompute" }).waitFor();
    // It is not computed again and again meanwhile, each time to fail.
    const calls = service.calls;
    await page.waitForTimeout(2_000);
    expect(service.calls).toBe(calls);
    expect(await page.getByRole("heading", { name: "The comparison failed" }).isVisible()).toBe(true);
    await page.getByLabel("Language").selectOption("ko");
    await page.getByText("비교할 수 있는 PEG가 없습니다").waitFor();
    await page
      .getByText(/PEG "[^"]+": N-1 기간에 표본이 없음/)
      .first()
      .waitFor();
  });

  test("and fails tells why in the language that is chosen then", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "no-answer" }));
    service.misbehaveAlways((response) => response.end("{}"));
    try {
      const { page, complaints } = await openAs(browser, `${url}/analyses/no-answer`, { as: "alice" });
      await page.getByText("The analysis service answered, but not with a valid result").waitFor();
      const calls = service.calls;
      await page.getByLabel("Language").selectOption("ko");
      await page.getByText("분석 서비스가 응답했지만").waitFor();
      expect(service.calls).toBe(calls);
      expect(complaints).toEqual([]);
    } finally {
      service.behave();
    }
  });

  test("while the server is killed and started again ends with the result, untouched by hand", async () => {
    await alice.analysis.create.mutate(sampleAnalysis({ id: "killed" }));
    const release = service.hold();
    const { page } = await openAs(browser, `${url}/analyses/killed`, { as: "alice" });
    await page.getByRole("heading", { name: "Being compared" }).waitFor();
    await server.kill("SIGKILL");
    await page.getByText("Trying again by itself.").waitFor();
    release();
    server = await startServer();
    await page.getByRole("heading", { name: "All in all" }).waitFor({ timeout: RECOVERY_MS });
    await expect.poll(() => page.getByText("Trying again by itself.").count()).toBe(0);
  });
});
