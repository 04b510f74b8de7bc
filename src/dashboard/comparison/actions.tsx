import { useMutation } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { CompletedComparison, PegComparisonStatusOutput } from "../../contract/comparison.js";
import type { PermissionType } from "../../contract/permissions.js";
import { trpc } from "../api/client.js";
import { Problem } from "../shell/states.js";
import { useWords } from "../words/words.js";
import { downloadComparison } from "./download-comparison.js";

const ShareDialog = lazy(() =>
  import("../share/share-dialog.js").then((module) => ({ default: module.ShareDialog })),
);

/** What may be done with an analysis; what the user may not do is not there. */
export function Actions({
  id,
  may,
  completed,
  busy,
  onTask,
}: {
  id: string;
  may: (needed: PermissionType) => boolean;
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
      {may("write") && (
        <button type="button" disabled={recompute.isPending || busy} onClick={() => recompute.mutate({ id })}>
          {say("Recompute")}
        </button>
      )}
      {may("admin") && (
        <button type="button" onClick={() => setSharing(true)}>
          {say("Share")}
        </button>
      )}
      {completed && (
        <>
          <button type="button" disabled={download.isPending} onClick={() => download.mutate()}>
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
