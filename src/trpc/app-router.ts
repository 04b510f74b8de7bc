import { router } from "./init.js";
import { analysisRouter } from "./routers/analysis.js";
import { pegComparisonRouter } from "./routers/peg-comparison.js";

export const appRouter = router({ pegComparison: pegComparisonRouter, analysis: analysisRouter });

/** All that the typed client knows of the server. */
export type AppRouter = typeof appRouter;
