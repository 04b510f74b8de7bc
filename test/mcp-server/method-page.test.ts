import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { McpRequest } from "../../src/contract/mcp-protocol.js";
import { parseTime } from "../../src/contract/parse-time.js";
import { compare } from "../../src/mcp-server/method/compare.js";
import { sharedData } from "../support/shared-data.js";
import { fixedClock, type Row } from "./analysis-request.js";

type RawData = McpRequest["raw_data"];

const page = readFileSync(new URL("../../docs/method.md", import.meta.url), "utf8");

function read(name: string): string {
  const bytes = readFileSync(sharedData.path(name));
  return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** The rows of a CSV with their times, which its JSON does not have. */
function timedRows(name: string, { n_start }: RawData["period_info"]): Row[] {
  const [header = "", ...lines] = read(name).trim().split(/\r?\n/);
  const columns = header.split(",");
  const [timeAt, cellAt] = [columns.indexOf("timestamp"), columns.indexOf("cell_id")];
  const turn = parseTime(n_start)?.getTime() ?? Number.NaN;
  return lines.flatMap((line) => {
    const fields = line.split(",");
    const [timestamp = "", cell_id = ""] = [fields[timeAt], fields[cellAt]];
    const period = (parseTime(timestamp)?.getTime() ?? Number.NaN) < turn ? "N-1" : "N";
    return columns.flatMap((kpi_name, i): Row[] =>
      i === timeAt || i === cellAt || fields[i] === ""
        ? []
        : [{ kpi_name, period, avg: Number(fields[i]), cell_id, timestamp }],
    );
  });
}

function judge(
  stats: Row[],
  period_info: RawData["period_info"],
  peg_definitions: RawData["peg_definitions"] = {},
) {
  const raw_data = { stats, peg_definitions, period_info };
  const { data } = compare({ analysis_id: "a", raw_data, options: {} }, fixedClock());
  return data.peg_comparison_results.map(({ peg_name, judge }) => {
    if (!judge) throw new Error("not judged");
    return { name: peg_name, ...judge };
  });
}

const signed = (value: number | null | undefined): string =>
  `${(value ?? 0) > 0 ? "+" : ""}${(value ?? Number.NaN).toFixed(1)}`;
const range = ({ interval }: ReturnType<typeof judge>[number]): string =>
  `${signed(interval?.low)} to ${signed(interval?.high)} %`;

function rowsOf(pegs: ReturnType<typeof judge>): string[] {
  return pegs.map((peg) => {
    const { name, change_percent, n, n_eff, verdict } = peg;
    const cells = [name, `${signed(change_percent)} %`, range(peg), n, n_eff.toFixed(0), verdict];
    return `| ${cells.join(" | ")} |`;
  });
}

describe.skipIf(!sharedData.found)("docs/method.md quotes what the judge says of real measurements", () => {
  test("of an LTE network, year against year", () => {
    const { period_info } = JSON.parse(read("large_lte_oss_2018_2019.json.gz"));
    const stats = timedRows("large_lte_oss_2018_2019.csv.gz", period_info);
    for (const row of rowsOf(judge(stats, period_info))) expect(page).toContain(row);

    const names = ["E_RAB_DR", "E_RAB_SETUP_FR", "E_RRC_SETUP_FR"];
    const gauges = Object.fromEntries(names.map((name) => [name, { kind: "gauge" as const }]));
    const [drops, setups, connections] = judge(stats, period_info, gauges);
    if (!drops || !setups || !connections) throw new Error("three are judged");
    for (const peg of [setups, connections]) {
      expect(page).toContain(`${signed(peg.change_percent)} % (${range(peg)})`);
      expect(peg.verdict).toBe("improved");
    }
    expect(page).toContain(`by logarithms it is ${signed(drops.change_percent)} % and \`${drops.verdict}\``);
  }, 60_000);

  test("of a 5G drive, with times and without", () => {
    const { stats, period_info } = JSON.parse(read("small_5g_drive.json"));
    const rows = rowsOf(judge(stats, period_info));
    const quoted = rows.filter((row) => page.includes(row));
    expect(quoted.map((row) => row.split(" | ")[0])).toEqual(
      [
        ...[
          "| RTT_delay_avg_ms",
          "| RTT_over_20ms_pct",
          "| SINR_avg_dB",
          "| Msg_rate_per_s",
          "| Velocity_avg_mps",
        ],
      ].sort(
        (one, other) =>
          rows.findIndex((row) => row.startsWith(one)) - rows.findIndex((row) => row.startsWith(other)),
      ),
    );
    // Of the nine only these are sure of anything.
    expect(rows.filter((row) => !row.includes("inconclusive"))).toHaveLength(2);

    const timed = judge(timedRows("small_5g_drive.csv", period_info), period_info);
    for (const { verdict, reason } of timed)
      expect([verdict, reason]).toEqual(["insufficient_data", "low_coverage"]);
  }, 60_000);
});
