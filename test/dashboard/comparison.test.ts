import { readFile } from "node:fs/promises";
import type { Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { simulateNetwork } from "../../src/cli/demo/simulate-network.js";
import type { AnalysisCreateInput } from "../../src/contract/analysis.js";
import { SORT_KEYS } from "../../src/dashboard/comparison/peg-rows.js";
import { sampleAnalysis } from "../support/backend.js";
import { accessibilityProblems, canBrowse, type Site, startSite, widthsOf } from "./open-page.js";

const rowNames = (page: Page) => page.locator("tbody tr[data-index] th .link").allInnerTexts();

/** An analysis of one PEG with a sample each minute. */
function minuteByMinute(id: string, samples: number): AnalysisCreateInput {
  const { stats, ...rest } = sampleAnalysis({ id, pegs: 1, samples });
  const { n1_start, n_start } = rest.period_info;
  return {
    ...rest,
    stats: stats.map((row, i) => {
      const start = row.period === "N-1" ? n1_start : n_start;
      return { ...row, cell_id: "cell", timestamp: new Date(start.getTime() + (i % samples) * 60_000) };
    }),
  };
}

describe.skipIf(!canBrowse)("a comparison", { timeout: 60_000 }, () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    const alice = await site.backend.clientOf("alice");
    await alice.analysis.create.mutate({ ...simulateNetwork().analysis, id: "net", name: "Cluster 7" });
    await alice.pegComparison.get.query({ id: "net" });
    await alice.analysis.create.mutate(sampleAnalysis({ id: "many", pegs: 2000 }));
    await alice.pegComparison.get.query({ id: "many" });
    await alice.permission.grant.mutate({ id: "net", user_id: "reader", permission_type: "read" });
    await alice.analysis.create.mutate(minuteByMinute("minutes", 2001));
    await alice.pegComparison.get.query({ id: "minutes" });
    await alice.analysis.create.mutate(sampleAnalysis({ id: "single", pegs: 1, samples: 1 }));
    await alice.pegComparison.get.query({ id: "single" });
  }, 60_000);
  afterAll(() => site?.stop());

  test("begins with what it comes to, and names what could not be told", async () => {
    const { page, complaints } = await site.open("/analyses/net", { as: "alice" });
    const summary = page.getByRole("region", { name: "All in all" });
    await summary.waitFor();
    const text = await summary.innerText();
    expect(text).toMatch(/improved[\s\S]*Improved: the weighted change is more than noise/);
    expect(text).toMatch(/Weighted change\s+\+\d\.\d %\s+interval/);
    expect(text).toMatch(/Not compared: 1\s+VoLTE_MOS: no samples in period N/);
    const moved = page.getByRole("region", { name: "What moved it" });
    expect(await moved.getByRole("listitem").first().innerText()).toMatch(/ERAB_Drop_Rate\s+\+\d\.\d %/);
    expect(await page.title()).toBe("Cluster 7 · PEG comparison");
    expect(complaints).toEqual([]);
  });

  test("comes all at once: no number without its unit, no button that another one pushes aside", async () => {
    const { page } = await site.open("/", { as: "alice" });
    const held = new Promise<Route>((resolve) => page.route(/analysis\.byId,permission\.own/, resolve));
    const compared = page.waitForResponse(/pegComparison\.get/);
    await page.goto(`${site.backend.url}/analyses/net`);
    const route = await held;
    await (await compared).finished();
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    const buttons = () => page.locator(".actions button").allInnerTexts();
    expect(await buttons()).toEqual([]);
    expect(await page.locator("tr[data-index]").count()).toBe(0);
    await route.continue();
    await page.getByText("11 of 11 PEGs").waitFor();
    expect(await buttons()).toEqual(["Recompute", "Share", "Download CSV", "Print"]);
  });

  test("whose analysis does not come is not shown half, and is once it comes", async () => {
    const { page } = await site.open("/", { as: "alice" });
    // Of both that are asked together, the analysis alone is not there.
    await page.route(/analysis\.byId,permission\.own/, (route) =>
      route.continue({ url: route.request().url().replace("net", "gone") }),
    );
    const compared = page.waitForResponse(/pegComparison\.get/);
    await page.goto(`${site.backend.url}/analyses/net`);
    await page.getByRole("alert").getByText("You may not see this").waitFor();
    await (await compared).finished();
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    expect(await page.locator("tr[data-index]").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Download CSV" }).count()).toBe(0);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("11 of 11 PEGs").waitFor();
  });

  test("that may not be seen any more is not shown from before", async () => {
    const alice = await site.backend.clientOf("alice");
    const { stats, ...rest } = sampleAnalysis({ id: "taken", pegs: 1 });
    const fromZero = { kpi_name: "From_Zero", cell_id: "cell" };
    const zero = [
      { ...fromZero, period: "N-1" as const, avg: 0 },
      { ...fromZero, period: "N" as const, avg: 0.2 },
    ];
    await alice.analysis.create.mutate({ ...rest, stats: [...stats, ...zero] });
    await alice.permission.grant.mutate({ id: "taken", user_id: "reader", permission_type: "read" });
    const { page } = await site.open("/", { as: "reader" });
    await page.clock.install();
    await page.goto(`${site.backend.url}/analyses/taken`);
    await page.getByText("2 of 2 PEGs").waitFor();
    const cells = page.getByRole("row", { name: /From_Zero/ }).locator("[data-column=change]");
    expect(await cells.innerText()).toBe("+100.0 % from zero");
    await page.getByRole("link", { name: "All analyses" }).click();
    await page.getByRole("heading", { name: "Analyses" }).waitFor();
    await alice.permission.revoke.mutate({ id: "taken", user_id: "reader", permission_type: "read" });
    await page.clock.fastForward("02:00");
    await page.goBack();
    await page.getByRole("alert").getByText("You may not see this").waitFor();
    expect(await page.locator("tr[data-index]").count()).toBe(0);
    expect(await page.getByRole("button", { name: /Download|Print/ }).count()).toBe(0);
  });

  test("of which nothing can be weighed shows no weighted change, and not that of another rule", async () => {
    const { page } = await site.open("/analyses/single", { as: "alice" });
    const summary = page.getByRole("region", { name: "All in all" });
    await summary.waitFor();
    expect(await summary.innerText()).toMatch(/no PEG could be tested[\s\S]*Weighted change\s+–/);
    await page.getByRole("link", { name: "All analyses" }).click();
    const card = page.getByRole("listitem").filter({ hasText: "single" });
    expect(await card.locator(".overall .number").innerText()).toBe("–");
  });

  test("is searched and filtered, and a link shows the same", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice" });
    await page.getByLabel("Find a PEG").fill("throughput");
    await page.getByText("2 of 11 PEGs").waitFor();
    expect(await rowNames(page)).toEqual(["DL_Throughput_Mbps", "UL_Throughput_Mbps"]);
    await page.getByLabel("Verdict").selectOption("improved");
    await page.getByText("1 of 11 PEGs").waitFor();
    await page.reload();
    await page.getByText("1 of 11 PEGs").waitFor();
    expect(await rowNames(page)).toEqual(["DL_Throughput_Mbps"]);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByText("11 of 11 PEGs").waitFor();
    await page.getByLabel("Trend").selectOption("down");
    await page.getByText("1 of 11 PEGs").waitFor();
    await page.getByLabel("Significance").selectOption("low");
    await page.getByText("No PEG is like this.").waitFor();
    await page.getByRole("button", { name: "Show all" }).first().click();
    await page.getByLabel("Weight at least").selectOption("9");
    await page.getByText("2 of 11 PEGs").waitFor();
  });

  test("is sorted by any column, both ways, and back", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice" });
    await page.getByText("11 of 11 PEGs").waitFor();
    const usual = await rowNames(page);
    for (const key of SORT_KEYS) {
      const head = page.locator(`thead [data-column="${key}"]`);
      const sortedAs = async (way: string | null) => {
        await head.getByRole("button").click();
        const sorted = way === null ? ":not([aria-sort])" : `[aria-sort="${way}"]`;
        await page.locator(`thead [data-column="${key}"]${sorted}`).waitFor();
        return rowNames(page);
      };
      const up = await sortedAs("ascending");
      const down = await sortedAs("descending");
      expect([...up].sort()).toEqual([...usual].sort());
      expect(down).not.toEqual(up);
      expect(await sortedAs(null)).toEqual(usual);
    }
  });

  test("is walked through by keyboard alone", async () => {
    const { page, complaints } = await site.open("/analyses/net", { as: "alice" });
    const first = page.locator('tr[data-index="0"] button');
    await first.focus();
    const focused = () => page.evaluate("document.activeElement?.textContent");
    await page.keyboard.press("ArrowDown");
    await expect.poll(focused).toBe("ERAB_Drop_Rate");
    await page.keyboard.press("End");
    await expect.poll(focused).toBe("RACH_Success");
    await page.keyboard.press("Home");
    await expect.poll(focused).toBe("DL_Throughput_Mbps");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "DL_Throughput_Mbps" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(focused).toBe("DL_Throughput_Mbps");
    // Of all the rows one is on the way of the Tab key.
    expect(await page.locator('tbody button[tabindex="0"]').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("shows of one PEG both periods drawn, its numbers with units, and why the verdict is what it is", async () => {
    const { page, complaints } = await site.open("/analyses/net", { as: "alice" });
    await page.getByRole("button", { name: "DL_Throughput_Mbps" }).last().click();
    const dialog = page.getByRole("dialog", { name: "DL_Throughput_Mbps" });
    await dialog.getByRole("img", { name: /DL_Throughput_Mbps: N-1 4\d\.\d+ ± .* Mbit\/s, N 4/ }).waitFor();
    const text = await dialog.innerText();
    expect(text).toMatch(/Improved: \+1\d\.\d % \(95 % interval/);
    expect(text).toMatch(/Mean\s+4\d\.\d+ Mbit\/s\s+4\d\.\d+ Mbit\/s/);
    expect(text).toMatch(/Compared\s+same weekday and hour, week by week, ratios/);
    expect(new URL(page.url()).searchParams.get("peg")).toBe("DL_Throughput_Mbps");
    await dialog.getByLabel("By hour of day").check();
    await dialog.getByRole("button", { name: "Next" }).click();
    await page.getByRole("dialog", { name: "ERAB_Drop_Rate" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("goes from PEG to PEG as the table shows them, and back to all of them in one step", async () => {
    const { page, complaints } = await site.open("/analyses/net?verdict=improved", { as: "alice" });
    await page.locator("tbody tr[data-index]").first().waitFor();
    const [first = "", second = ""] = await rowNames(page);
    await page.locator("tbody").getByRole("button", { name: first, exact: true }).click();
    await page.getByRole("dialog", { name: first }).getByRole("button", { name: "Next" }).click();
    await page.getByRole("dialog", { name: second }).waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("?verdict=improved");
    const steps = await page.evaluate("history.length");
    for (const name of [first, second]) {
      await page.locator("tbody").getByRole("button", { name, exact: true }).click();
      await page.getByRole("dialog", { name }).getByRole("button", { name: "Close" }).click();
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(new URL(page.url()).search).toBe("?verdict=improved");
    }
    expect(await page.evaluate("history.length")).toBe(steps);
    expect(complaints).toEqual([]);
  });

  test("tells its intervals to those who do not see them drawn", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice" });
    await page.getByText("11 of 11 PEGs").waitFor();
    const row = page.getByRole("row", { name: /DL_Throughput_Mbps/ });
    expect(await row.ariaSnapshot()).toMatch(/\+\d+\.\d % … \+\d+\.\d %/);
  });

  test("writes differences of percentages as percentage points", async () => {
    const { page } = await site.open("/analyses/net?peg=ERAB_Drop_Rate", { as: "alice" });
    const dialog = page.getByRole("dialog", { name: "ERAB_Drop_Rate" });
    await dialog.getByText("In numbers").waitFor();
    expect(await dialog.innerText()).toMatch(/Change of the mean\s+-\d+\.\d % \(-\d\.\d+ pp\)/);
  });

  test("of a derived PEG is drawn by the number of the sample", async () => {
    const { page, complaints } = await site.open("/analyses/net?peg=RACH_Success_Rate", { as: "alice" });
    await page.getByRole("dialog").getByRole("img").waitFor();
    expect(await page.getByLabel("By hour of day").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("is saved as CSV, and a chart as PNG", async () => {
    const { page, complaints } = await site.open("/analyses/net?peg=Latency_ms", { as: "alice" });
    const saved = async (button: string) => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: button }).click(),
      ]);
      return { name: download.suggestedFilename(), content: await readFile(await download.path()) };
    };
    await page.getByRole("dialog").getByRole("img").waitFor();
    const picture = await saved("Save as PNG");
    expect(picture.name).toBe("Latency_ms.png");
    expect(picture.content.subarray(1, 4).toString()).toBe("PNG");
    expect(picture.content.length).toBeGreaterThan(10_000);
    await page.keyboard.press("Escape");
    const table = await saved("Download CSV");
    expect(table.name).toBe("net.csv");
    expect(table.content.toString().trim().split("\n")).toHaveLength(12);
    expect(complaints).toEqual([]);
    // As the server answers where it is computed anew for longer than a request may wait.
    await page.route(/format=csv/, (route) => route.fulfill({ status: 202, json: { status: "PROCESSING" } }));
    let files = 0;
    page.on("download", () => files++);
    await page.getByRole("button", { name: "Download CSV" }).click();
    await page.getByRole("alert").getByText("The comparison is being computed.").waitFor();
    expect(files).toBe(0);
  });

  test("of more instants than are drawn has no profile of the day, and says why", async () => {
    const { page, complaints } = await site.open("/analyses/minutes?peg=PEG_000", { as: "alice" });
    const dialog = page.getByRole("dialog");
    await dialog.getByText("A profile of the day is not offered").waitFor();
    expect(await dialog.getByLabel("By hour of day").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test("of one sample in each period is drawn all the same", async () => {
    const { page, complaints } = await site.open("/analyses/single?peg=PEG_000", { as: "alice" });
    await page.getByRole("dialog").getByRole("img").waitFor();
    // Below the legend: dots and lines are of the colour of a period.
    const ink = () =>
      page.evaluate(`{
        const canvas = document.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const probe = document.body.appendChild(document.createElement("span"));
        probe.style.color = "var(--after)";
        const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
        probe.remove();
        const below = canvas.width * Math.floor(canvas.height / 4) * 4;
        let found = 0;
        for (let i = below; i < data.length; i += 4) {
          if (data[i] === r && data[i + 1] === g && data[i + 2] === b) found++;
        }
        found;
      }`);
    await expect.poll(ink).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
  });

  test("says why a course is not drawn yet, and goes on by itself", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice" });
    await page.getByText("11 of 11 PEGs").waitFor();
    await page.route(/analysis\.series/, (route) => route.abort());
    await page.getByRole("button", { name: "Latency_ms" }).last().click();
    await page.getByRole("dialog").getByText("Trying again by itself.").waitFor();
    await page.unroute(/analysis\.series/);
    await page.getByRole("dialog").getByRole("img").waitFor();
    expect(await page.getByText("Trying again by itself.").count()).toBe(0);
  });

  test("says why a course cannot be drawn over time, and draws it once asked again", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice" });
    await page.getByText("11 of 11 PEGs").waitFor();
    await page.route(/analysis\.series/, (route) =>
      route.continue({
        url: route
          .request()
          .url()
          .replace(/id%22%3A%22net/, "id%22%3A%22gone"),
      }),
    );
    await page.getByRole("button", { name: "Latency_ms" }).last().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("alert").getByText("You may not see this").waitFor();
    expect(await dialog.getByRole("img").count()).toBe(1);
    await page.unroute(/analysis\.series/);
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByText("By hour of day").waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
  });

  test("whose data somebody replaced stands under the new periods once it is computed anew", async () => {
    const alice = await site.backend.clientOf("alice");
    const { period_info: periods, ...data } = sampleAnalysis({ id: "replaced", pegs: 1 });
    await alice.analysis.create.mutate({ ...data, period_info: periods });
    await alice.pegComparison.get.query({ id: "replaced" });
    const { page, complaints } = await site.open("/analyses/replaced", { as: "alice" });
    await page.getByText("2024-01-08 – 2024-01-14").waitFor();
    const n_start = new Date("2024-02-01T00:00:00Z");
    const n_end = new Date("2024-02-07T23:59:59Z");
    await alice.analysis.replaceData.mutate({
      id: "replaced",
      data_version: 1,
      stats: data.stats,
      request_params: data.request_params,
      period_info: { ...periods, n_start, n_end },
    });
    await page.getByRole("button", { name: "Recompute" }).click();
    await page.getByText("2024-02-01 – 2024-02-07").waitFor();
    expect(complaints).toEqual([]);
  });

  test("of 2,000 PEGs draws only those in sight, reaches the last, and prints all", async () => {
    const { page, complaints } = await site.open("/analyses/many", { as: "alice" });
    await page.getByText("2000 of 2000 PEGs").waitFor();
    expect((await rowNames(page)).length).toBeLessThan(60);
    await page.locator('tr[data-index="0"] button').focus();
    await page.keyboard.press("End");
    await expect.poll(() => page.evaluate("document.activeElement?.textContent")).toBe("PEG_999");
    await page.getByLabel("Find a PEG").fill("peg_1234");
    await page.getByText("1 of 2000 PEGs").waitFor();
    expect(await rowNames(page)).toEqual(["PEG_1234"]);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByText("2000 of 2000 PEGs").waitFor();
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    await expect.poll(() => page.locator("tbody tr[data-index]").count()).toBe(2000);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    // A browser prints what is there when its listeners have returned, and waits for nothing.
    const rows = "document.querySelectorAll('tbody tr[data-index]').length";
    await page.evaluate(`print = () => {
      dispatchEvent(new Event("beforeprint"));
      globalThis.printed = ${rows};
      dispatchEvent(new Event("afterprint"));
    }`);
    await page.getByRole("button", { name: "Print" }).click();
    expect(await page.evaluate("printed")).toBe(2000);
    expect(await page.evaluate(rows)).toBeLessThan(60);
    expect(complaints).toEqual([]);
  });

  test("fits an A4 page in print, whatever the colours on the screen", async () => {
    const { page } = await site.open("/analyses/net", { as: "alice", colorScheme: "dark" });
    await page.getByText("11 of 11 PEGs").waitFor();
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    // 210 mm less the margins, at 96 dots an inch.
    await page.setViewportSize({ width: Math.floor(((210 - 24) / 25.4) * 96), height: 1000 });
    const { scrollWidth, clientWidth } = await widthsOf(page);
    expect(scrollWidth).toBe(clientWidth);
    const ground = 'getComputedStyle(document.querySelector(".card")).backgroundColor';
    expect(await page.evaluate(ground)).toBe("rgb(255, 255, 255)");
    expect(await page.locator(".actions button, .header").filter({ visible: true }).count()).toBe(0);
    for (const row of ["thead tr", 'tbody tr[data-index="0"]']) {
      const columns = page.locator(`${row} [data-column]`);
      expect(await columns.count()).toBe(10);
      expect(await columns.filter({ visible: true }).count()).toBe(10);
      const tops = `[...document.querySelectorAll('${row} [data-column]')].map((cell) => cell.getBoundingClientRect().top)`;
      expect(new Set(await page.evaluate<number[]>(tops)).size).toBe(1);
    }
    // Browsers leave grounds out of what they print, and these bars are nothing else.
    for (const bar of [".verdict-bar .bar span", ".verdict-bar .count", ".contributions .track span"]) {
      const adjust = `getComputedStyle(document.querySelector('${bar}')).printColorAdjust`;
      expect(await page.evaluate(adjust), bar).toBe("exact");
    }
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf).toMatch(/\/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeLessThanOrEqual(2);
  });

  test("of a service that does not judge is shown by the 5 % rule", async () => {
    const plain = await startSite({ ALGORITHM_VERSION: "v2.1.0" });
    try {
      const alice = await plain.backend.clientOf("alice");
      await alice.analysis.create.mutate({ ...simulateNetwork().analysis, id: "net" });
      await alice.pegComparison.get.query({ id: "net" });
      const { page, complaints } = await plain.open("/analyses/net?peg=Latency_ms", { as: "alice" });
      await page.getByRole("dialog").getByText("In numbers").waitFor();
      await page.keyboard.press("Escape");
      const text = await page.getByRole("region", { name: "All in all" }).innerText();
      expect(text).toMatch(/By the 5 % rule alone: this service does not judge.[\s\S]*4 improved/);
      expect(await page.getByLabel("Verdict").count()).toBe(0);
      expect(await page.getByRole("columnheader").allInnerTexts()).not.toContain("Verdict");
      expect(complaints).toEqual([]);
    } finally {
      await plain.stop();
    }
  });

  test("hides from a reader what only others may do", async () => {
    const { page } = await site.open("/analyses/net", { as: "reader" });
    await page.getByRole("button", { name: "Print" }).waitFor();
    expect(await page.getByRole("button", { name: "Recompute" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Share" }).count()).toBe(0);
    const admin = await site.open("/analyses/net", { as: "alice" });
    await admin.page.getByRole("button", { name: "Recompute" }).waitFor();
    await admin.page.getByRole("button", { name: "Share" }).waitFor();
  });

  test("of somebody else is not shown, whether it exists or not", async () => {
    const texts = await Promise.all(
      ["net", "absent"].map(async (id) => {
        const { page } = await site.open(`/analyses/${id}`, { as: "mallory" });
        await page.getByRole("heading", { name: "You may not see this" }).waitFor();
        expect(await accessibilityProblems(page)).toEqual([]);
        expect(await page.getByText("Trying again by itself.").count()).toBe(0);
        const text = await page.locator(".failure").innerText();
        await page.getByLabel("Language").selectOption("ko");
        await page.getByText("이 분석의 admin 권한을 가진 사용자에게").waitFor();
        return text.replace(/request .*/, "");
      }),
    );
    expect(texts[0]).toBe(texts[1]);
  });
});
