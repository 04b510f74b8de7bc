import { PegError } from "../../domain/errors.js";
import type { Metrics } from "../../domain/metrics.js";
import type { AnalysisService } from "../../domain/ports.js";
import type { Tracing } from "../../domain/tracing.js";

/** The same service, with each call measured and traced. A caller that left is no outcome of the service. */
export function measuredService(
  service: AnalysisService,
  metrics: Pick<Metrics, "mcpCall">,
  tracing: Tracing,
): AnalysisService {
  return {
    async compare(request, signal) {
      const start = performance.now();
      const seconds = () => (performance.now() - start) / 1000;
      try {
        const comparison = await tracing.span("analysis service", {}, () =>
          service.compare({ ...request, traceparent: tracing.traceparent() }, signal),
        );
        metrics.mcpCall("ok", seconds());
        return comparison;
      } catch (error) {
        if (!signal?.aborted)
          metrics.mcpCall(error instanceof PegError ? error.code : "INTERNAL_ERROR", seconds());
        throw error;
      }
    },
    check: () => service.check(),
    state: () => service.state(),
    close: () => service.close(),
  };
}
