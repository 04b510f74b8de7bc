import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { PegComparisonGetOutput } from "../../contract/comparison.js";
import { trpc } from "../api/client.js";

/**
 * When the comparison that was seen last of an analysis was computed; 0 where there was none yet. It outlives the view,
 * as what is kept of the analysis does.
 */
const seen = new Map<string, number>();

/**
 * Asks for periods, definitions and courses anew where another comparison comes: the data may have been replaced,
 * and what stands around the new numbers has to be of the same data.
 */
export function useFreshDetails(id: string, answer: PegComparisonGetOutput | undefined): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    if (!answer) return;
    const before = seen.get(id);
    const now =
      answer.status === "COMPLETED"
        ? (answer.data.analysis_metadata?.calculated_at.getTime() ?? 0)
        : (before ?? 0);
    seen.set(id, now);
    if (before === undefined || before === now) return;
    void queryClient.invalidateQueries(trpc.analysis.byId.queryFilter({ id }));
    void queryClient.invalidateQueries(trpc.analysis.series.queryFilter({ id }));
  }, [id, answer, queryClient]);
}
