import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnalysisService, type TestAnalysisService } from "../support/analysis-service.js";
import { sampleAnalysis } from "../support/backend.js";
import { canBrowse, type Site, startSite } from "./open-page.js";

const EXPIRED = "The token has expired or is not valid here.";
/** Of tokens; the server's clock is set forward by more, its tolerance included. */
const LIFE_S = 60;

describe.skipIf(!canBrowse)("a token that ends while a comparison is looked at", { timeout: 60_000 }, () => {
  let service: TestAnalysisService;
  let site: Site;
  const clock = { ahead: 0 };
  const setForward = () => {
    clock.ahead += 2 * LIFE_S * 1000;
  };
  const openAsAlice = (id: string) => {
    const now = Date.now() + clock.ahead;
    return site.open(`/analyses/${id}`, { as: "alice", token: { now, expiresInSeconds: LIFE_S } });
  };
  const store = async (id: string) => {
    const alice = await site.backend.clientOf("alice", { now: Date.now() + clock.ahead });
    await alice.analysis.create.mutate(sampleAnalysis({ id }));
    return alice;
  };

  beforeAll(async () => {
    service = await startAnalysisService();
    site = await startSite({ MCP_URL: service.url }, { clock: { now: () => Date.now() + clock.ahead } });
  }, 60_000);
  afterAll(async () => {
    await site?.stop();
    await service?.stop();
  });

  test("is asked for anew where the comparison is still being computed", async () => {
    await store("running");
    const release = service.hold();
    try {
      const { page } = await openAsAlice("running");
      await page.getByRole("heading", { name: "Being compared" }).waitFor();
      setForward();
      await page.getByText(EXPIRED).waitFor();
      expect(await page.evaluate("sessionStorage.length")).toBe(0);
    } finally {
      release();
    }
  });

  test("is asked for anew by a download", async () => {
    const alice = await store("there");
    await alice.pegComparison.get.query({ id: "there" });
    const { page } = await openAsAlice("there");
    const download = page.getByRole("button", { name: "Download CSV" });
    await download.waitFor();
    setForward();
    await download.click();
    await page.getByText(EXPIRED).waitFor();
  });
});
