import type { PegDefinitions } from "../../contract/analysis.js";
import type { Delimiter } from "../../contract/csv-text.js";
import type { Language } from "../words/say.js";

/** The time span of a period, both ends inclusive. */
export interface Span {
  start: Date;
  end: Date;
}
export interface Spans {
  before: Span;
  after: Span;
}

/** How many lines of a file lie in each stretch of its time. */
export interface Overview {
  start: Date;
  end: Date;
  counts: number[];
  /** Lines whose time cannot be read. */
  unreadable: number;
}

/** What was found in a file when it was opened. */
export type Opened =
  | {
      kind: "csv";
      header: string[];
      preview: string[][];
      lines: number;
      delimiter: Delimiter;
      /** Whether its bytes were taken for Korean of Windows, which they do not tell by themselves. */
      isKorean: boolean;
    }
  | { kind: "json"; name: string; rows: number; pegs: number; cells: number };

/** Whether samples would stand in both periods, or the one before begins after the other. */
export function areMixedUp({ before, after }: Spans): boolean {
  return before.end >= after.start;
}

/** Which column of a CSV file is what. */
export interface Mapping {
  time: string;
  /** Empty where there is no such column: then all is of the one cell that is named. */
  cell: string;
  oneCell: string;
  /** Columns to be taken unless they are time or cell: one that is for a moment loses nothing. */
  definitions: PegDefinitions;
}

/** The columns that are taken as KPIs, with what is known of them. */
export function kpisOf({ time, cell, definitions }: Mapping): PegDefinitions {
  const { [time]: _time, [cell]: _cell, ...kpis } = definitions;
  return kpis;
}

/** Something that does not fit, and where. */
export interface Problem {
  place: string;
  text: string;
}

/** What the page asks of the worker that reads files. */
export type Ask =
  | { ask: "open"; file: File }
  | { ask: "overview"; column: string }
  | { ask: "store"; name: string; csv?: { mapping: Mapping; spans: Spans } };

/** As whom the worker stores. */
export interface Caller {
  url: string;
  token: string;
  language: Language;
}

/** A question as it is sent: numbered, for its answer may come when another one was asked. */
export interface Asked {
  number: number;
  question: Ask;
  caller: Caller;
}

/** What the worker answers. */
export type Told =
  | { told: "opened"; opened: Opened }
  | { told: "overview"; overview: Overview }
  | { told: "stored"; id: string }
  | Refusal;

/** Why nothing was stored, as far as that is known. */
export interface Refusal {
  told: "refused";
  message: string;
  problems: Problem[];
  /** The server takes the token no more. */
  needsToken?: true;
  /** Nobody knows what the server did. */
  unanswered?: true;
}

/** An answer as it is sent, by the number of its question. */
export interface Answered {
  number: number;
  told: Told;
}
