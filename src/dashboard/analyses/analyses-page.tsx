import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { Link } from "wouter";
import type { AnalysisListItem } from "../../contract/analysis-list.js";
import { reasonToWait } from "../api/asking-again.js";
import { trpc } from "../api/client.js";
import { OverallVerdict } from "../comparison/overall-verdict.js";
import { VerdictBar } from "../comparison/verdict-bar.js";
import { formatMinute, formatSpan } from "../format/times.js";
import { Empty, Failure, Skeleton, Waiting } from "../shell/states.js";
import { useTitle } from "../shell/use-title.js";
import { useWords } from "../words/words.js";
import { TaskState } from "./task-state.js";

/** While something is being computed, for each page that is shown: the hour's limit has room for it. */
const LOOK_AGAIN_MS = 10_000;

const isRunning = ({ comparison: { status } }: AnalysisListItem) =>
  status === "PENDING" || status === "PROCESSING";

/** What the signed-in user may read, newest first, a page at a time. */
export function AnalysesPage() {
  const { say } = useWords();
  const [search, setSearch] = useState("");
  const name = useDeferredValue(search.trim());
  useTitle(say("Analyses"));
  const query = useInfiniteQuery(
    trpc.analysis.list.infiniteQueryOptions(name ? { name } : {}, {
      getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
      placeholderData: keepPreviousData,
      staleTime: 0,
      refetchInterval: ({ state }) =>
        state.data?.pages.some(({ items }) => items.some(isRunning))
          ? LOOK_AGAIN_MS * state.data.pages.length
          : false,
    }),
  );
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <main className="page">
      <div className="page-head">
        <h1>{say("Analyses")}</h1>
        <input
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={say("Search by name")}
          aria-label={say("Search by name")}
        />
        <Link href="/upload" className="button primary">
          {say("Upload measurements")}
        </Link>
      </div>
      <Waiting reason={reasonToWait(query)} />
      {items ? (
        <AnalysisList items={items} searched={name !== ""} />
      ) : query.error ? (
        <Failure error={query.error} retry={() => void query.refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
      {items && query.error && (
        <Failure
          error={query.error}
          retry={() => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch())}
        />
      )}
      {query.hasNextPage && !query.isFetchNextPageError && (
        <button type="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {say("Show more")}
        </button>
      )}
    </main>
  );
}

function AnalysisList({ items, searched }: { items: readonly AnalysisListItem[]; searched: boolean }) {
  const { say } = useWords();
  if (items.length === 0 && searched) {
    return (
      <Empty title={say("No analysis has this in its name.")}>
        <p>{say("Search for another part of the name, or empty the field.")}</p>
      </Empty>
    );
  }
  if (items.length === 0) {
    return (
      <Empty title={say("There is nothing here yet.")}>
        <p>{say("Upload measurements of two periods, or ask an admin of an analysis to let you read it.")}</p>
        <p>
          <Link href="/upload" className="button primary">
            {say("Upload measurements")}
          </Link>
        </p>
      </Empty>
    );
  }
  return (
    <ul className="analyses">
      {items.map((item) => (
        <AnalysisCard key={item.id} item={item} />
      ))}
    </ul>
  );
}

function AnalysisCard({ item }: { item: AnalysisListItem }) {
  const { say } = useWords();
  const { id, name, period_info: periods, comparison, pegs, cells, created_at } = item;
  return (
    <li className="card analysis">
      <div className="analysis-name">
        <h2>
          <Link href={`/analyses/${id}`}>{name ?? id}</Link>
        </h2>
        <p className="hint">
          {say("{pegs} PEGs, {cells} cells, stored {time} UTC", {
            pegs,
            cells,
            time: formatMinute(created_at),
          })}
        </p>
      </div>
      <dl className="periods">
        <dt>N-1</dt>
        <dd>{formatSpan(periods.n1_start, periods.n1_end)}</dd>
        <dt>N</dt>
        <dd>{formatSpan(periods.n_start, periods.n_end)}</dd>
      </dl>
      {comparison.summary ? (
        <>
          <OverallVerdict summary={comparison.summary} />
          <VerdictBar summary={comparison.summary} />
        </>
      ) : (
        <TaskState comparison={comparison} />
      )}
    </li>
  );
}
