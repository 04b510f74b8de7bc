import { type DragEvent, useState } from "react";
import { useWords } from "../words/words.js";

const ACCEPTED =
  ".csv,.tsv,.txt,.json,.gz,text/csv,text/tab-separated-values,text/plain,application/json,application/gzip";

/** Takes a file by its button, by keyboard or by dropping it. */
export function FileField({
  file,
  busy,
  onFile,
}: {
  file: File | undefined;
  busy: boolean;
  onFile: (file: File) => void;
}) {
  const { say } = useWords();
  const [isOver, setIsOver] = useState(false);

  function drop(event: DragEvent) {
    event.preventDefault();
    setIsOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped && !busy) onFile(dropped);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field inside does the same by keyboard
    <section
      className="card file-field"
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <label className="field">
        {say("A file of CSV or JSON, gzipped or not")}
        <input
          type="file"
          accept={ACCEPTED}
          disabled={busy}
          // Else a file that was mended and is chosen again would be no change.
          onClick={(event) => {
            event.currentTarget.value = "";
          }}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) onFile(chosen);
          }}
        />
      </label>
      <p className="hint">
        {file
          ? say("{name}, {size} kB", { name: file.name, size: Math.ceil(file.size / 1000) })
          : say(
              "Choose it, or drop it here. A CSV has a line for each time and cell, and a column for each KPI.",
            )}
      </p>
    </section>
  );
}
