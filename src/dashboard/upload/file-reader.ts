import { createPegClient } from "../../client/index.js";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import { type CsvFile, openCsv, overviewOf, readRows } from "./csv-file.js";
import { openJson } from "./json-file.js";
import type { Answered, Ask, Asked, Caller, Told } from "./protocol.js";
import { refusalOf } from "./refusal-of.js";
import { StoreOnce } from "./store-once.js";
import { textOf } from "./text-of.js";

// This runs beside the page: what takes seconds of a large file holds up nobody.

type Content = { csv: CsvFile } | { json: AnalysisCreateInput };

let content: Content | undefined;
let once = new StoreOnce();

async function answer(question: Ask, caller: Caller): Promise<Told> {
  switch (question.ask) {
    case "open": {
      once = new StoreOnce();
      const { text, isKorean } = await textOf(question.file);
      if (/\.json(\.gz)?$/i.test(question.file.name)) {
        const { analysis, opened } = openJson(text);
        content = { json: analysis };
        return { told: "opened", opened };
      }
      const csv = openCsv(text);
      content = { csv };
      const { header, delimiter, preview, lines } = csv;
      return {
        told: "opened",
        opened: { kind: "csv", header, delimiter, preview, lines: lines.length, isKorean },
      };
    }
    case "overview":
      return { told: "overview", overview: overviewOf(csvOf(content), question.column) };
    case "store":
      return { told: "stored", id: await store(question, caller) };
  }
}

function csvOf(opened: Content | undefined): CsvFile {
  if (!opened || !("csv" in opened)) throw new TypeError("no CSV file is open");
  return opened.csv;
}

function jsonOf(opened: Content): AnalysisCreateInput {
  if ("json" in opened) return opened.json;
  throw new TypeError("no JSON file is open");
}

async function store(question: Extract<Ask, { ask: "store" }>, caller: Caller): Promise<string> {
  const { name, csv } = question;
  if (!content) throw new TypeError("no file is open");
  const analysis = csv ? readRows(csvOf(content), csv) : jsonOf(content);
  const named = { ...analysis, ...(name.trim() && { name: name.trim() }) };
  return once.store(createPegClient(caller), JSON.stringify(question), named);
}

self.onmessage = async (event: MessageEvent<Asked>) => {
  const { number, question, caller } = event.data;
  const told = await answer(question, caller).catch((error: unknown) => refusalOf(error, caller.language));
  self.postMessage({ number, told } satisfies Answered);
};
