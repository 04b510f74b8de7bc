import type { PegDefinition } from "../../contract/analysis.js";
import { DIRECTIONS } from "../../contract/labels.js";
import { useWords } from "../words/words.js";
import type { Mapping, Opened } from "./protocol.js";

/** What each column of a CSV file is, over its first lines. */
export function ColumnsForm({
  opened: { header, preview, lines, isKorean },
  mapping,
  onChange,
}: {
  opened: Extract<Opened, { kind: "csv" }>;
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const { say } = useWords();
  // What has no name cannot be chosen by it.
  const names = [...new Set(header)].filter((name) => name !== "");
  return (
    <section className="card columns">
      <h2>{say("What the columns are")}</h2>
      {isKorean && (
        <p className="note" role="status">
          {say(
            "The file is not UTF-8, and was read as Korean of Windows (CP949). Where names look wrong, save it as CSV UTF-8, and choose that one.",
          )}
        </p>
      )}
      <div className="column-picks">
        <label className="field">
          {say("Time")}
          <select
            required
            value={mapping.time}
            onChange={(event) => onChange({ ...mapping, time: event.target.value })}
          >
            <option value="">{say("choose")}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label className="field">
          {say("Cell")}
          <select
            value={mapping.cell}
            onChange={(event) => onChange({ ...mapping, cell: event.target.value })}
          >
            <option value="">{say("no column: all of one cell")}</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {mapping.cell === "" && (
          <label className="field">
            {say("Name of the cell")}
            <input
              required
              maxLength={255}
              value={mapping.oneCell}
              onChange={(event) => onChange({ ...mapping, oneCell: event.target.value })}
            />
          </label>
        )}
      </div>
      <KpiTable names={names} mapping={mapping} onChange={onChange} />
      <h3>{say("The first of {lines} lines", { lines })}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <section className="preview" tabIndex={0} aria-label={say("Preview")}>
        <table>
          <thead>
            <tr>
              {header.map((name, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a name may be missing or stand twice
                <th key={column} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.map((line, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
              <tr key={i}>
                {line.map((field, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as in the first line
                  <td key={column}>{field}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function KpiTable({
  names,
  mapping,
  onChange,
}: {
  names: readonly string[];
  mapping: Mapping;
  onChange: (mapping: Mapping) => void;
}) {
  const { say } = useWords();
  const { definitions } = mapping;
  const directionNames = {
    higher_is_better: say("higher is better"),
    lower_is_better: say("lower is better"),
    neutral: say("neither is better"),
  };

  function change(name: string, definition: PegDefinition | undefined) {
    const { [name]: _before, ...others } = definitions;
    onChange({ ...mapping, definitions: definition ? { ...others, [name]: definition } : others });
  }

  return (
    <table className="kpis">
      <thead>
        <tr>
          <th scope="col">{say("KPI")}</th>
          <th scope="col">{say("Better is")}</th>
          <th scope="col">{say("Weight")}</th>
        </tr>
      </thead>
      <tbody>
        {names
          .filter((name) => name !== mapping.time && name !== mapping.cell)
          .map((name) => {
            const definition = definitions[name];
            return (
              <tr key={name}>
                <th scope="row">
                  <label>
                    <input
                      type="checkbox"
                      checked={definition !== undefined}
                      onChange={(event) => change(name, event.target.checked ? {} : undefined)}
                    />
                    {name}
                  </label>
                </th>
                <td>
                  <select
                    aria-label={say("Better is: {name}", { name })}
                    disabled={!definition}
                    value={definition?.direction ?? ""}
                    onChange={(event) => {
                      const direction = DIRECTIONS.find((known) => known === event.target.value);
                      change(name, { ...definition, direction });
                    }}
                  >
                    <option value="">{say("as its name tells")}</option>
                    {DIRECTIONS.map((direction) => (
                      <option key={direction} value={direction}>
                        {directionNames[direction]}
                      </option>
                    ))}
                  </select>
                </td>
                <td>
                  <input
                    type="number"
                    min={1}
                    max={10}
                    step={1}
                    aria-label={say("Weight: {name}", { name })}
                    disabled={!definition}
                    value={definition?.weight ?? 5}
                    onChange={(event) => change(name, { ...definition, weight: event.target.valueAsNumber })}
                  />
                </td>
              </tr>
            );
          })}
      </tbody>
    </table>
  );
}
