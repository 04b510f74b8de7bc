import { expect, test } from "vitest";
import { lookUpKpi } from "../../../../src/mcp-server/method/judge/look-up-kpi.js";
import { OUTCOMES, PROCEDURES, SINGLE_KPIS } from "../../../../src/mcp-server/method/kpi-catalogue.js";

test.each([
  ["DL_Throughput_Mbps", "higher_is_better", "gauge"],
  ["LTE DL Throughput (Mbps)", "higher_is_better", "gauge"],
  ["DRB.UEThpDl", "higher_is_better", "gauge"],
  ["RSRP_dBm", "higher_is_better", "gauge"],
  ["RSRP_min_dBm", "higher_is_better", "gauge"],
  ["SINR_dB", "higher_is_better", "gauge"],
  ["handoverSuccessRate", "higher_is_better", "ratio"],
  ["RACH_Success_Rate", "higher_is_better", "ratio"],
  ["E_RRC_SETUP_FR", "lower_is_better", "ratio"],
  ["E_RAB_DR", "lower_is_better", "ratio"],
  ["Call_Drop_Rate", "lower_is_better", "ratio"],
  ["BLER%", "lower_is_better", "ratio"],
  ["RTT_delay_avg_ms", "lower_is_better", "gauge"],
  ["Latency_ms", "lower_is_better", "gauge"],
  ["Latency_µs", "lower_is_better", "gauge"],
  ["Latency (μs)", "lower_is_better", "gauge"],
  ["【RTT】·delay ㎳", "lower_is_better", "gauge"],
  ["BLER％", "lower_is_better", "ratio"],
  ["RRC.ConnEstabAtt", "neutral", "counter"],
  ["RRC.ConnEstabSucc", "neutral", "counter"],
  ["PRB_Utilisation", "neutral", "gauge"],
])("%s: %s, a %s", (name, direction, kind) => {
  expect(lookUpKpi(name)).toEqual({ direction, kind });
});

test.each([
  ...["non_drop_rate", "throughput_drop_rate", "Call_Drop_Rate_Improvement", "RTT_over_20ms_percent"],
  ...[
    "Latency 개선율",
    "개선 Latency",
    "Drop rate 개선율",
    "RSRP(불량)",
    "RACH 실패 SR",
    "지연",
    "RTT_改善",
    "Latencé",
  ],
  ...[
    "Latence\u0301",
    "LTE 비-RTT",
    "msg_rate",
    "K",
    "ms",
    "",
    "%",
    "constructor",
    "__proto__",
    "RSSI",
    "success",
  ],
])("a name of which only a part is known tells nothing: %s", (name) => {
  expect(lookUpKpi(name)).toBeUndefined();
});

test("no name of the catalogue is given two meanings, and each is found", () => {
  const meanings = new Map<string, Set<string>>();
  const add = (name: string, direction: string, kind: string) => {
    const key = name.toLowerCase().replace(/[^a-z0-9]/g, "");
    meanings.set(key, (meanings.get(key) ?? new Set()).add(`${direction} ${kind}`));
    expect({ name, ...lookUpKpi(name) }).toEqual({ name, direction, kind });
  };
  for (const procedure of PROCEDURES)
    for (const { names, direction, kind } of OUTCOMES)
      for (const name of names) add(`${procedure} ${name}`, direction, kind);
  for (const { names, direction, kind } of SINGLE_KPIS) for (const name of names) add(name, direction, kind);
  expect([...meanings].filter(([, different]) => different.size > 1)).toEqual([]);
});
