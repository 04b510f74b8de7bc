import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { reasonToWait } from "../api/asking-again.js";
import { trpc } from "../api/client.js";
import { formatSpan } from "../format/times.js";
import { Failure, Skeleton, Waiting } from "../shell/states.js";
import { useTitle } from "../shell/use-title.js";
import { useWords } from "../words/words.js";
import { Actions } from "./actions.js";
import { ComparisonView } from "./comparison-view.js";
import { Progress } from "./progress.js";
import { isFinal, useComparison } from "./use-comparison.js";
import { useRights } from "./use-rights.js";

/** One analysis: what it is, how its comparison is coming along, and the comparison once it is there. */
export function ComparisonPage({ id }: { id: string }) {
  const { say } = useWords();
  const analysis = useQuery(trpc.analysis.byId.queryOptions({ id }));
  const comparison = useComparison(id);
  const rights = useRights(id);
  const { completed, task, error, trouble, refetch } = comparison;
  // Whatever was seen of it before.
  const refused = [error, analysis.error].find((one) => one && isFinal(one));
  // Without the analysis, hours of another zone and PEGs without units would be shown.
  const failure = refused ?? (completed ? !analysis.data && analysis.error : error);
  const askAgain = () => {
    if (refused ?? completed) void analysis.refetch();
    if (refused ?? !completed) refetch();
  };
  const name = analysis.data?.name ?? id;
  useTitle(name);
  return (
    <main className="page comparison">
      <nav aria-label={say("Where you are")} className="crumbs">
        <Link href="/">{say("All analyses")}</Link>
      </nav>
      <div className="page-head">
        <div>
          <h1>{name}</h1>
          {analysis.data && (
            <p className="periods-line">
              <span>
                <b>N-1</b> {formatSpan(analysis.data.period_info.n1_start, analysis.data.period_info.n1_end)}
              </span>
              <span>
                <b>N</b> {formatSpan(analysis.data.period_info.n_start, analysis.data.period_info.n_end)}
              </span>
              <span className="hint">UTC</span>
            </p>
          )}
        </div>
        <Actions
          id={id}
          rights={rights}
          completed={refused ? undefined : completed}
          busy={task !== undefined && task.status !== "FAILED"}
          onTask={comparison.follow}
        />
      </div>
      <Waiting reason={trouble ?? reasonToWait(analysis)} />
      {failure ? (
        <Failure error={failure} retry={askAgain} />
      ) : completed && analysis.data ? (
        <ComparisonView
          answer={completed}
          definitions={analysis.data.request_params.peg_definitions ?? {}}
          timeZone={analysis.data.request_params.time_zone ?? "UTC"}
        />
      ) : task ? (
        <Progress task={task} may={rights.may} onRetry={refetch} />
      ) : (
        <Skeleton lines={10} />
      )}
    </main>
  );
}
