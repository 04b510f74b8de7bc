import { type PointerEvent, useState } from "react";
import { useWords } from "../words/words.js";
import { areMixedUp, type Overview, type Span, type Spans } from "./protocol.js";

const WIDTH = 1000;
const HEIGHT = 100;

/** Of a field for date and time, which has no zone: all times here are UTC. */
const toField = (time: Date) => time.toISOString().slice(0, 19);
const fromField = (text: string) => new Date(`${text}Z`);

/** Two periods on the time of a file: typed into fields, or drawn over the overview. */
export function PeriodPicker({
  overview,
  spans,
  onChange,
}: {
  overview: Overview;
  spans: Spans;
  onChange: (spans: Spans) => void;
}) {
  const { say } = useWords();
  const [drawn, setDrawn] = useState<keyof Spans>("before");
  const [from, setFrom] = useState<number>();
  const [first, last] = [overview.start.getTime(), overview.end.getTime()];
  const length = Math.max(1, last - first);
  const place = (time: Date) => Math.max(0, Math.min(WIDTH, ((time.getTime() - first) / length) * WIDTH));
  const tallest = Math.max(1, ...overview.counts);
  const barWidth = WIDTH / overview.counts.length;

  function timeAt(event: PointerEvent<SVGSVGElement>): number {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - left) / width));
    return Math.round((first + share * length) / 1000) * 1000;
  }

  function draw(event: PointerEvent<SVGSVGElement>, start: number) {
    const now = timeAt(event);
    onChange({
      ...spans,
      [drawn]: { start: new Date(Math.min(start, now)), end: new Date(Math.max(start, now)) },
    });
  }

  const names = { before: say("N-1, before"), after: say("N, after") };
  return (
    <section className="card period-picker">
      <h2>{say("The two periods")}</h2>
      <p className="hint">
        {say("Both ends belong to a period. Times are UTC. Draw over the chart, or type.")}
      </p>
      <svg
        className="overview"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        onPointerDown={(event) => {
          // Any other button has a menu, and is let go unseen.
          if (event.button !== 0 || !event.isPrimary) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(timeAt(event));
        }}
        onPointerMove={(event) => from !== undefined && draw(event, from)}
        onPointerUp={() => setFrom(undefined)}
        onPointerCancel={() => setFrom(undefined)}
        onLostPointerCapture={() => setFrom(undefined)}
      >
        {overview.counts.map((count, i) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: its place is what it is
            key={i}
            x={i * barWidth}
            width={barWidth}
            y={HEIGHT - (count / tallest) * (HEIGHT - 10)}
            height={(count / tallest) * (HEIGHT - 10)}
          />
        ))}
        {(["before", "after"] as const).map((which) => (
          <rect
            key={which}
            className={which}
            x={place(spans[which].start)}
            width={Math.max(2, place(spans[which].end) - place(spans[which].start))}
            y={0}
            height={HEIGHT}
          />
        ))}
      </svg>
      <div className="spans">
        {(["before", "after"] as const).map((which) => (
          <SpanFields
            key={which}
            title={names[which]}
            which={which}
            isDrawn={drawn === which}
            onDraw={() => setDrawn(which)}
            span={spans[which]}
            onChange={(span) => onChange({ ...spans, [which]: span })}
          />
        ))}
      </div>
      {areMixedUp(spans) && (
        <p className="problem" role="alert">
          {say("N-1 has to end before N begins.")}
        </p>
      )}
      {overview.unreadable > 0 && (
        <p className="problem">
          {say("The time of {count} lines cannot be read. It has to look like 2024-01-01T00:00:00Z.", {
            count: overview.unreadable,
          })}
        </p>
      )}
    </section>
  );
}

function SpanFields({
  title,
  which,
  isDrawn,
  onDraw,
  span,
  onChange,
}: {
  title: string;
  which: keyof Spans;
  isDrawn: boolean;
  onDraw: () => void;
  span: Span;
  onChange: (span: Span) => void;
}) {
  const { say } = useWords();
  return (
    <fieldset className={`span ${which}`}>
      <legend>{title}</legend>
      <TimeField
        label={say("From")}
        time={span.start}
        max={toField(span.end)}
        onChange={(start) => onChange({ ...span, start })}
      />
      <TimeField
        label={say("To")}
        time={span.end}
        min={toField(span.start)}
        onChange={(end) => onChange({ ...span, end })}
      />
      <label className="draws">
        <input type="radio" name="drawn" checked={isDrawn} onChange={onDraw} />
        {say("Draw this one")}
      </label>
    </fieldset>
  );
}

/** A field for one time. What is typed stays as it is, and is told where it is a time. */
function TimeField({
  label,
  time,
  onChange,
  ...range
}: {
  label: string;
  time: Date;
  min?: string;
  max?: string;
  onChange: (time: Date) => void;
}) {
  // To be shown for as long as the time is not changed otherwise, by drawing.
  const [typed, setTyped] = useState<{ text: string; time: number }>();

  function type(text: string) {
    const read = fromField(text).getTime();
    const isTime = !Number.isNaN(read);
    setTyped({ text, time: isTime ? read : time.getTime() });
    if (isTime) onChange(new Date(read));
  }

  return (
    <label className="field">
      {label}
      <input
        type="datetime-local"
        step={1}
        required
        value={typed?.time === time.getTime() ? typed.text : toField(time)}
        onChange={(event) => type(event.target.value)}
        {...range}
      />
    </label>
  );
}
