import { useMemo, useRef } from "react";
import { useSearchParams } from "wouter";
import type { PegDefinitions } from "../../contract/analysis.js";
import type { CompletedComparison } from "../../contract/comparison.js";
import { Contributions } from "./contributions.js";
import { PegDetail } from "./peg-detail.js";
import { usePegView, useShownRows } from "./peg-filters.js";
import { toRows } from "./peg-rows.js";
import { PegTable } from "./peg-table.js";
import { SummaryPanel } from "./summary-panel.js";

/** A comparison: first what it all comes to, then what moved it, then each PEG. */
export function ComparisonView({
  answer,
  definitions,
  timeZone,
}: {
  answer: CompletedComparison;
  definitions: PegDefinitions;
  timeZone: string;
}) {
  const { data } = answer;
  const rows = useMemo(() => toRows(data.peg_comparison_results, definitions), [data, definitions]);
  const [params, setParams] = useSearchParams();
  const opened = params.get("peg");
  // Whether the step before, in the browser, is this comparison without a PEG.
  const isPushed = useRef(false);

  function open(name: string | undefined) {
    if (name === undefined && isPushed.current) {
      isPushed.current = false;
      history.back();
      return;
    }
    const go = (before: URLSearchParams) => {
      const after = new URLSearchParams(before);
      if (name === undefined) after.delete("peg");
      else after.set("peg", name);
      return after;
    };
    // One step back leads from any PEG to all of them, and never to one that was closed.
    isPushed.current ||= opened === null;
    setParams(go, { replace: opened !== null });
  }

  const view = usePegView();
  const shown = useShownRows(rows, view);
  const row = rows.find(({ name }) => name === opened);
  return (
    <>
      <SummaryPanel answer={answer} />
      <Contributions rows={rows} onOpen={open} />
      <PegTable rows={rows} shown={shown} view={view} onOpen={open} />
      {row && (
        <PegDetail
          key={row.name}
          analysisId={data.analysis_id}
          row={row}
          rows={shown.includes(row) ? shown : rows}
          timeZone={timeZone}
          periods={data.analysis_metadata?.period_definition}
          onOpen={open}
        />
      )}
    </>
  );
}
