import { router } from "./init.js";
import { analysisRouter } from "./routers/analysis.js";
import { auditRouter } from "./routers/audit.js";
import { pegComparisonRouter } from "./routers/peg-comparison.js";
import { permissionRouter } from "./routers/permission.js";

export const appRouter = router({
  pegComparison: pegComparisonRouter,
  analysis: analysisRouter,
  permission: permissionRouter,
  audit: auditRouter,
});

/** The server's own; the client has one that tells the same and names nothing of the server. */
export type AppRouter = typeof appRouter;
