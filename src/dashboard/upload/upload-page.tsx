import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { trpc } from "../api/client.js";
import { TokenForm } from "../session/token-form.js";
import { useTitle } from "../shell/use-title.js";
import { useWords } from "../words/words.js";
import { ColumnsForm } from "./columns-form.js";
import { FileField } from "./file-field.js";
import { guessMapping, guessSpans } from "./guesses.js";
import { PeriodPicker } from "./period-picker.js";
import { Problems } from "./problems.js";
import {
  kpisOf,
  type Mapping,
  type Opened,
  type Overview,
  type Refusal,
  type Spans,
  type Told,
} from "./protocol.js";
import { useFileReader } from "./use-file-reader.js";

/** From a file of measurements to an analysis: choose it, say what its columns are, pick the periods, store. */
export function UploadPage() {
  const { say } = useWords();
  const { ask, busy } = useFileReader();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const [file, setFile] = useState<File>();
  const [opened, setOpened] = useState<Opened>();
  const [mapping, setMapping] = useState<Mapping>();
  const [overview, setOverview] = useState<Overview>();
  const [spans, setSpans] = useState<Spans>();
  const [name, setName] = useState("");
  const [refusal, setRefusal] = useState<Refusal>();
  // How often the column of time was chosen: an overview of another one than the last is of no more use.
  const choices = useRef(0);
  const storeButton = useRef<HTMLButtonElement>(null);
  useTitle(say("Upload measurements"));

  function take(told: Told): void {
    setRefusal(told.told === "refused" ? told : undefined);
    if (told.told === "opened") setOpened(told.opened);
    if (told.told === "overview") {
      setOverview(told.overview);
      setSpans(guessSpans(told.overview));
    }
  }

  function forgetTimes(): number {
    setOverview(undefined);
    setSpans(undefined);
    choices.current++;
    return choices.current;
  }

  async function open(chosen: File) {
    setFile(chosen);
    setOpened(undefined);
    setMapping(undefined);
    forgetTimes();
    const told = await ask({ ask: "open", file: chosen });
    if (!told) return;
    take(told);
    if (told.told !== "opened") return;
    const base = chosen.name.replace(/\.(csv|tsv|txt|json)?(\.gz)?$/i, "");
    setName((told.opened.kind === "json" && told.opened.name) || base);
    if (told.opened.kind === "csv") await map(guessMapping(told.opened), undefined);
  }

  /** @param before whose time the overview was made by */
  async function map(next: Mapping, before: Mapping | undefined) {
    setMapping(next);
    if (next.time === before?.time) return;
    const choice = forgetTimes();
    if (next.time === "") return;
    const told = await ask({ ask: "overview", column: next.time });
    if (told && choice === choices.current) take(told);
  }

  async function store(event: FormEvent) {
    event.preventDefault();
    const told = await ask({ ask: "store", name, ...(mapping && spans && { csv: { mapping, spans } }) });
    if (!told) return;
    take(told);
    if (told.told !== "stored") return;
    void queryClient.invalidateQueries(trpc.analysis.list.pathFilter());
    navigate(`/analyses/${told.id}`);
  }

  function goOn() {
    setRefusal(undefined);
    storeButton.current?.focus();
  }

  const isReady = opened?.kind === "json" || (mapping && spans && Object.keys(kpisOf(mapping)).length > 0);
  return (
    <main className="page upload">
      <nav aria-label={say("Where you are")} className="crumbs">
        <Link href="/">{say("All analyses")}</Link>
      </nav>
      <h1>{say("Upload measurements")}</h1>
      <FileField file={file} busy={busy} onFile={(chosen) => void open(chosen)} />
      {opened && (
        <form className="upload-form" onSubmit={(event) => void store(event)}>
          {opened.kind === "csv" && mapping && (
            <ColumnsForm opened={opened} mapping={mapping} onChange={(next) => void map(next, mapping)} />
          )}
          {opened.kind === "csv" && overview && spans && (
            <PeriodPicker overview={overview} spans={spans} onChange={setSpans} />
          )}
          <section className="card">
            <h2>{say("Store it")}</h2>
            {opened.kind === "json" && (
              <p>
                {say("{rows} values of {pegs} PEGs in {cells} cells, with their periods and definitions", {
                  rows: opened.rows,
                  pegs: opened.pegs,
                  cells: opened.cells,
                })}
              </p>
            )}
            <label className="field">
              {say("Name of the analysis")}
              <input value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />
            </label>
            <button ref={storeButton} type="submit" className="primary" disabled={busy || !isReady}>
              {busy ? say("Working …") : say("Store and compare")}
            </button>
          </section>
        </form>
      )}
      {refusal && (
        <Problems refusal={refusal}>{refusal.needsToken && <TokenForm onSignedIn={goOn} />}</Problems>
      )}
    </main>
  );
}
