import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import type { AnalysisMetadata } from "../../contract/comparison.js";
import { formatNumber } from "../../contract/numbers.js";
import { trpc } from "../api/client.js";
import { deviationOf } from "../comparison/peg-numbers.js";
import type { PegRow } from "../comparison/peg-rows.js";
import { saveFile } from "../comparison/save-file.js";
import { Skeleton } from "../shell/states.js";
import { useWords } from "../words/words.js";
import { CourseChart, type CourseLabels } from "./course-chart.js";
import { courseOf, hasHours } from "./course-data.js";

const POINTS = 1000;

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
    trpc.analysis.series.queryOptions({ id: analysisId, peg_name: name, points: POINTS }),
  );
  const hours = series.data !== undefined && hasHours(series.data);
  const course = useMemo(
    () =>
      courseOf(series.data, peg, view, {
        timeZone,
        starts: periods && { before: periods.n1_start, after: periods.n_start },
      }),
    [series.data, peg, view, timeZone, periods],
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
      tick: course.axis === "hours" ? dayAndHour : (x) => String(Math.round(x)),
    };
  }, [say, name, unit, course.axis, timeZone]);
  if (series.isPending) return <Skeleton lines={6} />;

  function savePicture() {
    canvas.current?.toBlob((picture) => picture && saveFile(picture, `${name}.png`));
  }

  const spoken = (level: { mean: number; deviation: number }) =>
    `${formatNumber(level.mean)} ± ${formatNumber(level.deviation)} ${unit}`;
  return (
    <section className="course">
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
        {say("Dashed: the mean. Shaded: one standard deviation, and the range over cells.")}
      </p>
    </section>
  );
}

/** Hours as days and hours: `2 d 6 h`. */
function dayAndHour(hours: number): string {
  const days = Math.floor(hours / 24);
  const rest = Math.round((hours - days * 24) * 10) / 10;
  if (days === 0) return `${rest} h`;
  return rest === 0 ? `${days} d` : `${days} d ${rest} h`;
}
