import { createPegClient, isPegError } from "../../client/index.js";
import type { AnalysisCreateInput } from "../../contract/analysis.js";
import { say } from "../words/say.js";
import { type CsvFile, openCsv, overviewOf, readRows } from "./csv-file.js";
import { openJson } from "./json-file.js";
import type { Ask, Caller, Told } from "./protocol.js";
import { Refused } from "./refused.js";
import { textOf } from "./text-of.js";

// This runs beside the page: what takes seconds of a large file holds up nobody.

type Content = { csv: CsvFile } | { json: AnalysisCreateInput };

let content: Content | undefined;

async function answer(question: Ask, caller: Caller): Promise<Told> {
  switch (question.ask) {
    case "open": {
      const text = await textOf(question.file);
      if (/\.json(\.gz)?$/i.test(question.file.name)) {
        const { analysis, opened } = openJson(text);
        content = { json: analysis };
        return { told: "opened", opened };
      }
      const csv = openCsv(text);
      content = { csv };
      const { header, lines } = csv;
      return {
        told: "opened",
        opened: { kind: "csv", header, preview: csv.preview, lines: lines.length },
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

async function store({ name, csv }: Extract<Ask, { ask: "store" }>, caller: Caller): Promise<string> {
  if (!content) throw new TypeError("no file is open");
  const analysis = csv ? readRows(csvOf(content), csv) : jsonOf(content);
  const peg = createPegClient(caller);
  const { id } = await peg.analysis.create.mutate({ ...analysis, ...(name.trim() && { name: name.trim() }) });
  return id;
}

/** A failure in words: of the file, of the server, or that there is no server. */
function toRefusal(error: unknown, { language }: Caller): Told {
  if (error instanceof Refused) {
    const problems = error.problems.map((problem) => problem(say[language], language));
    return { told: "refused", message: error.text(say[language], language), problems };
  }
  if (isPegError(error)) {
    const { message, details = [] } = error.data.error;
    const problems = details.map(({ path, message: text }) => ({ place: path, text }));
    return { told: "refused", message, problems };
  }
  return {
    told: "refused",
    message: say[language]("The server cannot be reached. Check that it runs, and your connection."),
    problems: [],
  };
}

self.onmessage = async (event: MessageEvent<{ question: Ask; caller: Caller }>) => {
  const { question, caller } = event.data;
  self.postMessage(await answer(question, caller).catch((error: unknown) => toRefusal(error, caller)));
};
