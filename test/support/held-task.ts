import type { TestAnalysisService } from "./analysis-service.js";
import { sampleAnalysis, type TestBackend } from "./backend.js";

/** An analysis of a user whose comparison is being computed until it is released. */
export async function heldTask(backend: TestBackend, service: TestAnalysisService, owner: string) {
  const peg = await backend.clientOf(owner);
  const release = service.hold();
  const { id } = await peg.analysis.create.mutate(sampleAnalysis());
  await peg.pegComparison.get.query({ id, async: true });
  await service.nextCall();
  return { peg, id, release };
}
