import { useDeferredValue, useMemo } from "react";
import { useSearchParams } from "wouter";
import { VERDICT_WORDS } from "../../contract/verdict-words.js";
import { useWords } from "../words/words.js";
import {
  filterRows,
  type PegFilter,
  type PegRow,
  SIGNIFICANCES,
  SORT_KEYS,
  type Sorting,
  type SortKey,
  sortRows,
  TRENDS,
} from "./peg-rows.js";
import { VERDICTS } from "./verdicts.js";

/** What is shown of the table and in which order. It stands in the address, so that a link shows the same. */
export function usePegView() {
  const [params, setParams] = useSearchParams();
  const filter: PegFilter = {
    search: params.get("q") ?? "",
    trend: params.get("trend") ?? "",
    significance: params.get("significance") ?? "",
    verdict: params.get("verdict") ?? "",
    minWeight: Number(params.get("weight")) || 0,
  };
  const [key, way] = (params.get("sort") ?? "").split(".");
  const sorting: Sorting = { key: SORT_KEYS.find((known) => known === key), descending: way === "desc" };

  function change(changes: Record<string, string>) {
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === "") after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  }

  return {
    filter,
    sorting,
    change,
    /** Up, down, and back to the order of the answer. */
    sortBy(column: SortKey) {
      if (sorting.key !== column) change({ sort: column });
      else change({ sort: sorting.descending ? "" : `${column}.desc` });
    },
    clear: () => change({ q: "", trend: "", significance: "", verdict: "", weight: "" }),
  };
}

export type PegView = ReturnType<typeof usePegView>;

/** The rows that a view shows, in its order. */
export function useShownRows(rows: readonly PegRow[], { filter, sorting }: PegView): PegRow[] {
  const { search, trend, significance, verdict, minWeight } = filter;
  const { key, descending } = sorting;
  // Typing goes first; the table follows.
  const deferredSearch = useDeferredValue(search);
  return useMemo(() => {
    const wanted = { search: deferredSearch, trend, significance, verdict, minWeight };
    return sortRows(filterRows(rows, wanted), { key, descending });
  }, [rows, deferredSearch, trend, significance, verdict, minWeight, key, descending]);
}

/** The controls above the table. */
export function PegFilters({
  view: { filter, change, clear },
  rows,
  shown,
}: {
  view: PegView;
  rows: readonly PegRow[];
  shown: number;
}) {
  const { say, language } = useWords();
  const isJudged = rows.some(({ verdict }) => verdict);
  const trendNames = { up: say("up"), down: say("down"), stable: say("stable") };
  const levelNames = { high: say("high"), medium: say("medium"), low: say("low") };
  const isFiltered = shown < rows.length;
  return (
    <search className="filters">
      <label>
        <span>{say("Find a PEG")}</span>
        <input type="search" value={filter.search} onChange={(event) => change({ q: event.target.value })} />
      </label>
      {isJudged && (
        <label>
          <span>{say("Verdict")}</span>
          <select value={filter.verdict} onChange={(event) => change({ verdict: event.target.value })}>
            <option value="">{say("any")}</option>
            {VERDICTS.map((verdict) => (
              <option key={verdict} value={verdict}>
                {VERDICT_WORDS[verdict][language]}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        <span>{say("Trend")}</span>
        <select value={filter.trend} onChange={(event) => change({ trend: event.target.value })}>
          <option value="">{say("any")}</option>
          {TRENDS.map((trend) => (
            <option key={trend} value={trend}>
              {trendNames[trend]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{say("Significance")}</span>
        <select
          value={filter.significance}
          onChange={(event) => change({ significance: event.target.value })}
        >
          <option value="">{say("any")}</option>
          {SIGNIFICANCES.map((level) => (
            <option key={level} value={level}>
              {levelNames[level]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{say("Weight at least")}</span>
        <select
          value={String(filter.minWeight || "")}
          onChange={(event) => change({ weight: event.target.value })}
        >
          <option value="">{say("any")}</option>
          {[2, 3, 4, 5, 6, 7, 8, 9, 10].map((weight) => (
            <option key={weight} value={weight}>
              {weight}
            </option>
          ))}
        </select>
      </label>
      <p className="shown" role="status">
        {say("{shown} of {all} PEGs", { shown, all: rows.length })}
        {isFiltered && (
          <button type="button" className="link" onClick={clear}>
            {say("Show all")}
          </button>
        )}
      </p>
    </search>
  );
}
