import { Dialog } from "@base-ui/react/dialog";
import { lazy, Suspense, useRef } from "react";
import type { AnalysisMetadata } from "../../contract/comparison.js";
import { Skeleton } from "../shell/states.js";
import { useWords } from "../words/words.js";
import { IntervalGraphic, rangeText } from "./interval-graphic.js";
import { JudgeDetails } from "./judge-details.js";
import { PegNumbers } from "./peg-numbers.js";
import type { PegRow } from "./peg-rows.js";
import { VerdictChip } from "./verdict-chip.js";

// The charts weigh more than the rest of the page together.
const PegCourse = lazy(() =>
  import("../charts/peg-course.js").then((module) => ({ default: module.PegCourse })),
);

/** All about one PEG: its verdict and why, both periods drawn, and the numbers. */
export function PegDetail({
  analysisId,
  row,
  rows,
  timeZone,
  periods,
  onOpen,
}: {
  analysisId: string;
  row: PegRow;
  rows: readonly PegRow[];
  timeZone: string;
  periods: AnalysisMetadata["period_definition"] | undefined;
  onOpen: (name: string | undefined) => void;
}) {
  const { say, language } = useWords();
  const { peg, verdict } = row;
  const title = useRef<HTMLHeadingElement>(null);
  const place = rows.indexOf(row);
  const [previous, next] = [rows[place - 1], rows[place + 1]];
  const { judge } = peg;
  const reach = judge?.interval
    ? 1.25 *
      Math.max(
        Math.abs(judge.interval.low ?? 0),
        Math.abs(judge.interval.high ?? 0),
        judge.band_percent * 1.5,
      )
    : 0;
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && onOpen(undefined)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="drawer" initialFocus={title}>
          <header className="drawer-head">
            <Dialog.Title ref={title} tabIndex={-1}>
              {row.name}
            </Dialog.Title>
            <div>
              <button type="button" disabled={!previous} onClick={() => onOpen(previous?.name)}>
                {say("Previous")}
              </button>
              <button type="button" disabled={!next} onClick={() => onOpen(next?.name)}>
                {say("Next")}
              </button>
              <Dialog.Close className="close" aria-label={say("Close")}>
                ×
              </Dialog.Close>
            </div>
          </header>
          {verdict && judge && (
            <section className="why">
              <p>
                <VerdictChip verdict={verdict} large />
                {judge.critical && <span className="critical">{say("critical")}</span>}
              </p>
              <p className="sentence">{judge.sentence[language]}</p>
              {judge.interval && (
                <figure className="interval-figure">
                  <IntervalGraphic judge={judge} reach={reach} />
                  <figcaption>
                    {say(
                      "95 % interval of the change: {interval}. Shaded: the band of ±{band} % that does not matter.",
                      {
                        interval: rangeText(judge.interval, judge),
                        band: judge.band_percent,
                      },
                    )}
                  </figcaption>
                </figure>
              )}
            </section>
          )}
          <Suspense fallback={<Skeleton lines={6} />}>
            <PegCourse analysisId={analysisId} row={row} timeZone={timeZone} periods={periods} />
          </Suspense>
          <PegNumbers row={row} />
          {judge && <JudgeDetails judge={judge} unit={row.unit} />}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
