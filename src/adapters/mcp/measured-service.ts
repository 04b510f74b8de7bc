import { PegError } from "../../domain/errors.js";
import type { Metrics } from "../../domain/metrics.js";
import type { AnalysisService } from "../../domain/ports.js";

/** The same service, with each call measured. A caller that left is no outcome of the service. */
export function measuredService(
  service: AnalysisService,
  metrics: Pick<Metrics, "mcpCall">,
): AnalysisService {
  return {
    async compare(request, signal) {
      const start = performance.now();
      const seconds = () => (performance.now() - start) / 1000;
      try {
        const comparison = await service.compare(request, signal);
        metrics.mcpCall("ok", seconds());
        return comparison;
      } catch (error) {
        if (!signal?.aborted)
          metrics.mcpCall(error instanceof PegError ? error.code : "INTERNAL_ERROR", seconds());
        throw error;
      }
    },
    state: () => service.state(),
    close: () => service.close(),
  };
}
