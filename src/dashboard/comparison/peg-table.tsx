import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useMedia, usePrinting } from "../shell/use-media.js";
import { type DashboardText, useWords } from "../words/words.js";
import { PegFilters, type PegView } from "./peg-filters.js";
import { intervalReach, type PegRow, type SortKey } from "./peg-rows.js";
import { PegTableRow } from "./peg-table-row.js";

/** Fixed, so that a row's place is known without drawing those before it. */
const ROW_HEIGHT = 44;
const NARROW_ROW_HEIGHT = 84;
const ROWS_PER_PAGE = 10;

interface Column {
  key: SortKey;
  title: DashboardText;
  numeric?: boolean;
  /** Only where the service judges. */
  judged?: boolean;
}

const COLUMNS: readonly Column[] = [
  { key: "name", title: "PEG" },
  { key: "weight", title: "Weight", numeric: true },
  { key: "n1", title: "N-1", numeric: true },
  { key: "n", title: "N", numeric: true },
  { key: "change", title: "Change", numeric: true },
  { key: "trend", title: "Trend" },
  { key: "significance", title: "Significance" },
  { key: "verdict", title: "Verdict", judged: true },
  { key: "interval", title: "95 % interval", judged: true },
  { key: "contribution", title: "Adds", numeric: true },
];

/** How far a key moves among the rows. */
const STEPS: Record<string, number> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: ROWS_PER_PAGE,
  PageUp: -ROWS_PER_PAGE,
  End: Number.POSITIVE_INFINITY,
  Home: Number.NEGATIVE_INFINITY,
};

/** All PEGs, searched, filtered and sorted; only those in sight are drawn. */
export function PegTable({
  rows,
  shown,
  view,
  onOpen,
}: {
  rows: readonly PegRow[];
  /** Those of them that the view shows, in its order. */
  shown: readonly PegRow[];
  view: PegView;
  onOpen: (name: string) => void;
}) {
  const { say } = useWords();
  const reach = useMemo(() => intervalReach(rows), [rows]);
  const isJudged = rows.some((row) => row.verdict);
  const columns = COLUMNS.filter(({ judged }) => isJudged || !judged);
  return (
    <section className="card pegs" aria-labelledby="pegs-title">
      <h2 id="pegs-title">{say("Each PEG")}</h2>
      <PegFilters view={view} rows={rows} shown={shown.length} />
      <VirtualTable columns={columns} rows={shown} reach={reach} view={view} onOpen={onOpen} />
      {shown.length === 0 && (
        <p className="nothing">
          {say("No PEG is like this.")}{" "}
          <button type="button" className="link" onClick={view.clear}>
            {say("Show all")}
          </button>
        </p>
      )}
    </section>
  );
}

function VirtualTable({
  columns,
  rows,
  reach,
  view,
  onOpen,
}: {
  columns: readonly Column[];
  rows: readonly PegRow[];
  reach: number;
  view: PegView;
  onOpen: (name: string) => void;
}) {
  const { say } = useWords();
  const { sorting, sortBy } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const isNarrow = useMedia("(max-width: 760px)");
  const isPrinting = usePrinting();
  const rowHeight = isNarrow ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const current = Math.min(active, rows.length - 1);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => rows[index]?.name ?? index,
  });
  const drawn = isPrinting
    ? rows.map((_, index) => ({ index, start: index * rowHeight, end: (index + 1) * rowHeight }))
    : virtualizer.getVirtualItems();
  const before = drawn[0]?.start ?? 0;
  const after = rows.length * rowHeight - (drawn.at(-1)?.end ?? 0);

  function move(event: KeyboardEvent) {
    const step = STEPS[event.key];
    if (step === undefined || rows.length === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(rows.length - 1, current + step));
    setActive(next);
    virtualizer.scrollToIndex(next);
    // The row is drawn once the scroller has moved.
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] button`)?.focus(),
      ),
    );
  }

  // The one row that Tab reaches; where it is out of sight, the first that is drawn.
  const reachable = drawn.some(({ index }) => index === current) ? current : drawn[0]?.index;
  const tools = { reach, onOpen, onActive: setActive };
  return (
    <div className="table-scroller" ref={scroller} tabIndex={rows.length ? undefined : 0}>
      <table
        className="peg-table"
        data-judged={columns.length === COLUMNS.length || undefined}
        aria-rowcount={rows.length + 1}
        aria-labelledby="pegs-title"
      >
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ key, title, numeric }) => (
              <th
                key={key}
                scope="col"
                data-column={key}
                className={numeric ? "numeric" : undefined}
                aria-sort={
                  sorting.key === key ? (sorting.descending ? "descending" : "ascending") : undefined
                }
              >
                <button type="button" onClick={() => sortBy(key)}>
                  {(say as (text: DashboardText) => string)(title)}
                  <span aria-hidden="true" className="sort-sign">
                    {sorting.key === key ? (sorting.descending ? "▼" : "▲") : ""}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={move}>
          {before > 0 && <Gap height={before} />}
          {drawn.map(({ index }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <PegTableRow
                key={row.name}
                row={row}
                index={index}
                isReachable={index === reachable}
                judged={columns.length === COLUMNS.length}
                {...tools}
              />
            );
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
    </div>
  );
}

/** Holds the place of the rows that are out of sight. */
function Gap({ height }: { height: number }) {
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused
  return <tr aria-hidden="true" style={{ height }} />;
}
