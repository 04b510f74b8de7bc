import type { DIRECTIONS, PEG_KINDS } from "../../contract/analysis.js";

/** What is known of a KPI by its name alone. Whether a count is rare is not: that depends on the network. */
export interface KnownKpi {
  direction: (typeof DIRECTIONS)[number];
  kind: Exclude<(typeof PEG_KINDS)[number], "rare_count">;
}

const BETTER_HIGH = "higher_is_better";
const BETTER_LOW = "lower_is_better";

/** Procedures with attempts and outcomes: TS 28.552 measures them, TS 28.554 makes success rates of them. */
export const PROCEDURES: readonly string[] = [
  ...["RACH", "RA", "random access", "preamble", "contention"],
  ...[
    "RRC",
    "RRC setup",
    "RRC conn",
    "RRC conn estab",
    "RRC connection setup",
    "RRC connection establishment",
  ],
  ...[
    "RRC conn reestab",
    "RRC reestab",
    "RRC reestablishment",
    "RRC connection reestablishment",
    "RRC resume",
  ],
  ...[
    "ERAB",
    "ERAB setup",
    "ERAB estab",
    "ERAB establishment",
    "RAB setup",
    "RAB estab",
    "RAB establishment",
  ],
  ...["DRB setup", "DRB estab", "DRB establishment", "SRB setup", "QoS flow setup", "bearer setup"],
  ...["HO", "handover", "HO exec", "HO execution", "handover execution", "HO prep", "HO preparation"],
  ...[
    "handover preparation",
    "intra HO",
    "inter HO",
    "intra freq HO",
    "inter freq HO",
    "intra frequency handover",
  ],
  ...[
    "inter frequency handover",
    "inter RAT HO",
    "inter RAT handover",
    "X2 HO",
    "S1 HO",
    "Xn HO",
    "N2 HO",
    "NG HO",
  ],
  ...["MM HO exe intra", "MM HO exe inter", "MM HO prep inter", "intra gNB HO", "inter gNB HO"],
  ...[
    "CSFB",
    "SRVCC",
    "EPS FB",
    "EPS fallback",
    "VoLTE call setup",
    "VoNR call setup",
    "call setup",
    "paging",
  ],
  ...["attach", "registration", "initial registration", "TAU", "tracking area update", "service request"],
  ...["PDU session setup", "PDU session estab", "PDU session establishment", "PDN connectivity", "S1 setup"],
  ...["SgNB addition", "SCG addition", "SN addition", "UE context setup", "initial context setup"],
];

/** What a procedure comes to, after its name. Attempts and successes follow traffic: neither is good by itself. */
export const OUTCOMES: readonly (KnownKpi & { names: readonly string[] })[] = [
  { names: ["success rate", "succ rate", "success ratio", "SR"], direction: BETTER_HIGH, kind: "ratio" },
  { names: ["failure rate", "fail rate", "failure ratio", "FR"], direction: BETTER_LOW, kind: "ratio" },
  { names: ["attempts", "attempt", "att"], direction: "neutral", kind: "counter" },
  { names: ["successes", "success", "succ"], direction: "neutral", kind: "counter" },
  { names: ["failures", "failure", "fail"], direction: BETTER_LOW, kind: "counter" },
];

/** KPIs that stand for themselves, by every spelling that is known. */
export const SINGLE_KPIS: readonly (KnownKpi & { names: readonly string[] })[] = [
  // Retainability
  {
    names: [
      ...["drop rate", "drop ratio", "dropped call rate", "call drop rate", "call drop ratio"],
      ...["ERAB drop rate", "ERAB DR", "ERAB drop ratio", "RAB drop rate", "RRC drop rate", "DRB drop rate"],
      ...[
        "VoLTE drop rate",
        "VoNR drop rate",
        "voice drop rate",
        "session drop rate",
        "UE context drop rate",
      ],
      ...[
        "QoS flow drop rate",
        "ERAB abnormal release rate",
        "abnormal release rate",
        "DRB retainability R1",
      ],
      ...["radio link failure rate", "RLF rate"],
    ],
    direction: BETTER_LOW,
    kind: "ratio",
  },
  {
    names: [
      "call drops",
      "drops",
      "dropped calls",
      "ERAB drops",
      "abnormal releases",
      "radio link failures",
      "RLF",
    ],
    direction: BETTER_LOW,
    kind: "counter",
  },
  // Accessibility, availability, reliability
  {
    names: [
      ...["accessibility", "ERAB accessibility", "DRB accessibility", "RRC accessibility", "availability"],
      ...["cell availability", "network availability", "CSSR", "VoLTE accessibility"],
      ...["retainability", "ERAB retainability", "packet transmission reliability"],
    ],
    direction: BETTER_HIGH,
    kind: "ratio",
  },
  // Integrity: throughput, spectral efficiency, voice
  {
    names: [
      ...["throughput", "DL throughput", "UL throughput", "downlink throughput", "uplink throughput"],
      ...["throughput DL", "throughput UL", "DL thp", "UL thp", "thp DL", "thp UL", "user throughput"],
      ...["user DL throughput", "user UL throughput", "DL user throughput", "UL user throughput"],
      ...[
        "cell throughput",
        "cell DL throughput",
        "cell UL throughput",
        "DL cell throughput",
        "UL cell throughput",
      ],
      ...["UE throughput", "RAN UE throughput", "DRB UE thp DL", "DRB UE thp UL", "IP throughput"],
      ...["PDCP throughput", "PDCP DL throughput", "PDCP UL throughput", "RLC throughput", "MAC throughput"],
      ...["goodput", "DL goodput", "UL goodput", "spectral efficiency", "DL spectral efficiency"],
      ...["UL spectral efficiency", "energy efficiency", "MOS", "VoLTE MOS", "VoNR MOS", "voice MOS"],
    ],
    direction: BETTER_HIGH,
    kind: "gauge",
  },
  // Integrity: time
  {
    names: [
      ...["latency", "DL latency", "UL latency", "delay", "DL delay", "UL delay", "packet delay", "RTT"],
      ...["RTT delay", "round trip time", "ping", "user plane latency", "control plane latency", "jitter"],
      ...["packet delay variation", "DRB RLC SDU delay DL", "DRB air IF delay DL", "DRB air IF delay UL"],
      ...["DRB RLC delay UL", "DRB F1 delay DL", "call setup time", "handover interruption time"],
      ...["HO interruption time", "attach time", "setup time"],
    ],
    direction: BETTER_LOW,
    kind: "gauge",
  },
  // Integrity: loss and errors
  {
    names: [
      ...["packet loss", "packet loss rate", "PLR", "packet loss ratio", "DL packet loss", "UL packet loss"],
      ...[
        "DL packet loss rate",
        "UL packet loss rate",
        "DRB packet loss rate UL",
        "DRB F1U packet loss rate DL",
      ],
      ...["packet drop rate", "packet error rate", "BLER", "DL BLER", "UL BLER", "BLER DL", "BLER UL"],
      ...["initial BLER", "IBLER", "residual BLER", "RBLER", "BER", "FER", "block error rate"],
      ...["retransmission rate", "HARQ retransmission rate", "RLC retransmission rate", "HARQ NACK rate"],
      ...["congestion rate", "blocking rate"],
    ],
    direction: BETTER_LOW,
    kind: "ratio",
  },
  // Radio
  {
    names: [
      ...[
        "RSRP",
        "SS RSRP",
        "CSI RSRP",
        "L1M SS RSRP",
        "RSRQ",
        "SS RSRQ",
        "SINR",
        "SS SINR",
        "DL SINR",
        "UL SINR",
      ],
      ...[
        "PUSCH SINR",
        "PUCCH SINR",
        "SNR",
        "RSCP",
        "EcNo",
        "EcIo",
        "CQI",
        "WB CQI",
        "wideband CQI",
        "DL CQI",
      ],
      ...["MCS", "DL MCS", "UL MCS", "rank", "rank indicator", "DL rank"],
    ],
    direction: BETTER_HIGH,
    kind: "gauge",
  },
  {
    names: [
      "interference",
      "UL interference",
      "uplink interference",
      "interference power",
      "PUSCH interference",
    ],
    direction: BETTER_LOW,
    kind: "gauge",
  },
  // Load and traffic: neither good nor bad
  {
    names: [
      ...["PRB utilisation", "PRB utilization", "PRB usage", "DL PRB utilisation", "DL PRB utilization"],
      ...["UL PRB utilisation", "UL PRB utilization", "PRB utilisation DL", "PRB utilization DL"],
      ...["PRB utilisation UL", "PRB utilization UL", "DL PRB usage", "UL PRB usage", "RRU PRB tot DL"],
      ...[
        "RRU PRB tot UL",
        "RRU PRB used DL",
        "RRU PRB used UL",
        "PRB used",
        "connected users",
        "active users",
      ],
      ...["RRC connected users", "RRC users", "RRC conn", "users", "active UEs", "connected UEs", "velocity"],
      ...["UE speed", "timing advance", "mean number of PDU sessions", "network slice utilisation"],
    ],
    direction: "neutral",
    kind: "gauge",
  },
  {
    names: [
      ...["traffic", "traffic volume", "DL traffic", "UL traffic", "DL traffic volume", "UL traffic volume"],
      ...["data volume", "DL data volume", "UL data volume", "DL volume", "UL volume", "PDCP volume"],
      ...["PDCP DL volume", "PDCP UL volume", "DRB PDCP SDU volume DL", "DRB PDCP SDU volume UL"],
      ...["voice traffic", "VoLTE traffic", "calls", "call attempts", "page attempts"],
    ],
    direction: "neutral",
    kind: "counter",
  },
];
