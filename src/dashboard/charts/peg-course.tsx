import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import type { AnalysisMetadata } from "../../contract/comparison.js";
import { MAX_SERIES_POINTS } from "../../contract/limits.js";
import { formatNumber } from "../../contract/numbers.js";
import { reasonToWait } from "../api/asking-again.js";
import { trpc } from "../api/client.js";
import { deviationOf } from "../comparison/peg-numbers.js";
import type { PegRow } from "../comparison/peg-rows.js";
import { saveFile } from "../comparison/save-file.js";
import { formatHours } from "../format/times.js";
import { Failure, Skeleton, Waiting } from "../shell/states.js";
import { useWords } from "../words/words.js";
import { CourseChart, type CourseLabels } from "./course-chart.js";
import { courseOf, hasHours, isThinned } from "./course-data.js";

/** Both periods of a PEG drawn over each other, to be looked at and to be saved. */
export function PegCourse({
  analysisId,
  row,
  timeZone,
  periods,
}: {
  analysisId: string;
  row: PegRow;
  timeZone: string;
  periods: AnalysisMetadata["period_definition"] | undefined;
}) {
  const { say } = useWords();
  const { peg, unit, name } = row;
  const [view, setView] = useState<"time" | "hour_of_day">("time");
  const canvas = useRef<HTMLCanvasElement>(null);
  const series = useQuery(
    trpc.analysis.series.queryOptions({ id: analysisId, peg_name: name, points: MAX_SERIES_POINTS }),
  );
  const hours = series.data !== undefined && hasHours(series.data);
  const course = useMemo(
    () =>
      courseOf(series.data, peg, hours ? view : "time", {
        timeZone,
        starts: periods && { before: periods.n1_start, after: periods.n_start },
      }),
    [series.data, peg, hours, view, timeZone, periods],
  );
  const levels = useMemo(() => {
    const levelOf = (period: typeof peg.n_period) => ({ mean: period.avg, deviation: deviationOf(period) });
    return { before: levelOf(peg.n1_period), after: levelOf(peg.n_period) };
  }, [peg]);
  const labels = useMemo((): CourseLabels => {
    const axes = {
      hours: say("time since the period began"),
      hour_of_day: say("hour of day, {zone}", { zone: timeZone }),
      samples: say("sample number"),
    };
    return {
      title: name,
      value: unit,
      axis: axes[course.axis],
      before: say("N-1, before"),
      after: say("N, after"),
      mean: say("mean"),
      tick: course.axis === "hours" ? (x) => formatHours(x, say) : (x) => String(Math.round(x)),
    };
  }, [say, name, unit, course.axis, timeZone]);
  const waiting = <Waiting reason={reasonToWait(series)} />;
  if (series.isPending) {
    return (
      <>
        {waiting}
        <Skeleton lines={6} />
      </>
    );
  }

  function savePicture() {
    canvas.current?.toBlob((picture) => picture && saveFile(picture, `${name}.png`));
  }

  const spoken = (level: { mean: number; deviation: number }) =>
    `${formatNumber(level.mean)} ± ${formatNumber(level.deviation)} ${unit}`;
  return (
    <section className="course">
      {waiting}
      {series.error && <Failure error={series.error} retry={() => void series.refetch()} />}
      <div className="course-tools">
        {hours && (
          <fieldset>
            <legend className="visually-hidden">{say("Draw over")}</legend>
            <label>
              <input type="radio" name="view" checked={view === "time"} onChange={() => setView("time")} />
              {say("Over time")}
            </label>
            <label>
              <input
                type="radio"
                name="view"
                checked={view === "hour_of_day"}
                onChange={() => setView("hour_of_day")}
              />
              {say("By hour of day")}
            </label>
          </fieldset>
        )}
        {series.data && isThinned(series.data) && (
          <p className="hint">
            {say(
              "A profile of the day is not offered: a period has more than {max} instants, of which neighbours are drawn as one.",
              { max: MAX_SERIES_POINTS },
            )}
          </p>
        )}
        <button type="button" onClick={savePicture}>
          {say("Save as PNG")}
        </button>
      </div>
      <CourseChart
        course={course}
        levels={levels}
        labels={labels}
        description={say("{name}: N-1 {before}, N {after}, each mean and standard deviation", {
          name,
          before: spoken(levels.before),
          after: spoken(levels.after),
        })}
        canvasRef={(element) => {
          canvas.current = element;
        }}
      />
      <p className="hint">
        {say("Dotted: N-1. Dashed: the means. Shaded: one standard deviation, and the range over cells.")}
      </p>
    </section>
  );
}
