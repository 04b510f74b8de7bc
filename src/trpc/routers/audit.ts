import { auditListInput, auditListOutput } from "../../contract/audit.js";
import { listAudit } from "../../domain/audit/list-audit.js";
import { router } from "../init.js";
import { operatorProcedure } from "../procedure.js";

export const auditRouter = router({
  list: operatorProcedure({
    limit: "other",
    input: auditListInput,
    output: auditListOutput,
  }).query(({ ctx, input }) => listAudit({ ctx, input })),
});
