import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { CompletedComparison, PegComparisonStatusOutput } from "../../contract/comparison.js";
import { trpc } from "../api/client.js";
import { Problem } from "../shell/states.js";
import { useWords } from "../words/words.js";
import { downloadComparison } from "./download-comparison.js";
import type { Rights } from "./use-rights.js";

const ShareDialog = lazy(() =>
  import("../share/share-dialog.js").then((module) => ({ default: module.ShareDialog })),
);

/** What may be done with an analysis; what the user may not do is not there. */
export function Actions({
  id,
  rights,
  completed,
  busy,
  onTask,
}: {
  id: string;
  rights: Rights;
  completed: CompletedComparison | undefined;
  busy: boolean;
  onTask: (task: PegComparisonStatusOutput) => void;
}) {
  const { say } = useWords();
  const [sharing, setSharing] = useState(false);
  const recompute = useMutation(trpc.pegComparison.recompute.mutationOptions({ onSuccess: onTask }));
  const download = useMutation({ mutationFn: () => downloadComparison(id) });
  const problem = recompute.error ?? download.error;
  return (
    <div className="actions">
      {rights.may("write") && (
        <button
          type="button"
          disabled={recompute.isPending || busy}
          onClick={() => {
            if (download.isError) download.reset();
            recompute.mutate({ id });
          }}
        >
          {say("Recompute")}
        </button>
      )}
      {rights.may("admin") && (
        <button type="button" onClick={() => setSharing(true)}>
          {say("Share")}
        </button>
      )}
      {/* Buttons that come later would move these from under a pointer. */}
      {completed && rights.known && (
        <>
          <button
            type="button"
            disabled={download.isPending}
            onClick={() => {
              if (recompute.isError) recompute.reset();
              download.mutate();
            }}
          >
            {say("Download CSV")}
          </button>
          <button type="button" onClick={() => window.print()}>
            {say("Print")}
          </button>
        </>
      )}
      {problem && <Problem error={problem} />}
      {sharing && (
        <Suspense>
          <ShareDialog id={id} onClose={() => setSharing(false)} />
        </Suspense>
      )}
    </div>
  );
}
