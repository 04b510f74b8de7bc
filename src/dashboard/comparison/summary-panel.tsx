import type { CompletedComparison } from "../../contract/comparison.js";
import { formatChange, formatPercent, OVERALL_BAND_PERCENT } from "../../contract/numbers.js";
import { tellSkipReason } from "../../contract/skip-reasons.js";
import { formatMinute } from "../format/times.js";
import { useWords } from "../words/words.js";
import { VerdictBar } from "./verdict-bar.js";
import { VerdictChip } from "./verdict-chip.js";
import { overallVerdict, weightedChange } from "./verdicts.js";

const MAX_SKIPPED = 10;

/** What the comparison comes to: the verdict, the weighted change, the counts, and what could not be told. */
export function SummaryPanel({ answer }: { answer: CompletedComparison }) {
  const { say, language } = useWords();
  const { summary, analysis_metadata: metadata } = answer.data;
  const { judge } = summary;
  const weighted = judge?.weighted_change;
  const change = weightedChange(summary);
  const skipped = metadata?.skipped_pegs ?? [];
  return (
    <section className="card summary" aria-labelledby="summary-title">
      <h2 id="summary-title">{say("All in all")}</h2>
      <div className="summary-verdict">
        <VerdictChip verdict={overallVerdict(summary)} large />
        <p className="sentence">
          {judge ? judge.sentence[language] : say("By the 5 % rule alone: this service does not judge.")}
        </p>
      </div>
      <dl className="figures">
        <div>
          <dt>{say("Weighted change")}</dt>
          <dd>
            <b>{change === undefined ? "–" : formatChange(change, OVERALL_BAND_PERCENT)}</b>
            {weighted && (
              <small>
                {say("interval {low} to {high}", {
                  low: formatPercent(weighted.low),
                  high: formatPercent(weighted.high),
                })}
              </small>
            )}
            <small>{say("better is positive")}</small>
          </dd>
        </div>
        <div>
          <dt>{say("By the 5 % rule")}</dt>
          <dd>
            <b>{formatChange(summary.weighted_avg_change, OVERALL_BAND_PERCENT)}</b>
            <small>
              {say("{improved} better, {declined} worse, {stable} stable", {
                improved: summary.improved,
                declined: summary.declined,
                stable: summary.stable,
              })}
            </small>
          </dd>
        </div>
        <div>
          <dt>{say("PEGs")}</dt>
          <dd>
            <b>{summary.total_pegs}</b>
            {judge && <small>{say("{count} tested", { count: judge.tested })}</small>}
          </dd>
        </div>
        {judge && (
          <div>
            <dt>{say("Could not be told")}</dt>
            <dd>
              <b>{Math.round((judge.share_inconclusive + judge.share_insufficient) * 100)} %</b>
              <small>
                {say("{inconclusive} too noisy, {insufficient} with too little data", {
                  inconclusive: judge.counts.inconclusive ?? 0,
                  insufficient: judge.counts.insufficient_data ?? 0,
                })}
              </small>
            </dd>
          </div>
        )}
      </dl>
      <VerdictBar summary={summary} />
      {skipped.length > 0 && (
        <details className="skipped" open={skipped.length <= 3}>
          <summary>{say("Not compared: {count}", { count: skipped.length })}</summary>
          <ul>
            {skipped.slice(0, MAX_SKIPPED).map(({ peg_name, reason }) => (
              <li key={peg_name}>
                {peg_name}: {tellSkipReason(reason, language)}
              </li>
            ))}
            {skipped.length > MAX_SKIPPED && (
              <li>{say("and {count} more", { count: skipped.length - MAX_SKIPPED })}</li>
            )}
          </ul>
        </details>
      )}
      {metadata && (
        <p className="hint">
          {say("Computed {time} UTC by {version} in {seconds} s", {
            time: formatMinute(metadata.calculated_at),
            version: answer.mcp_version,
            seconds: answer.processing_time.toFixed(2),
          })}
        </p>
      )}
    </section>
  );
}
