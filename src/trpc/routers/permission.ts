import {
  permissionEntry,
  permissionGrantInput,
  permissionListInput,
  permissionListOutput,
  permissionOwnInput,
  permissionOwnOutput,
  permissionRevokeInput,
  permissionRevokeOutput,
} from "../../contract/permission.js";
import { describeOwnPermissions } from "../../domain/permission/describe-own-permissions.js";
import { grantPermission } from "../../domain/permission/grant-permission.js";
import { listPermissions } from "../../domain/permission/list-permissions.js";
import { revokePermission } from "../../domain/permission/revoke-permission.js";
import { router } from "../init.js";
import { analysisProcedure } from "../procedure.js";

export const permissionRouter = router({
  list: analysisProcedure({
    needs: "admin",
    limit: "other",
    input: permissionListInput,
    output: permissionListOutput,
  }).query(({ ctx, input }) => listPermissions({ ctx, input })),

  own: analysisProcedure({
    needs: "read",
    limit: "other",
    input: permissionOwnInput,
    output: permissionOwnOutput,
  }).query(({ ctx, input }) => describeOwnPermissions({ ctx, input })),

  grant: analysisProcedure({
    needs: "admin",
    limit: "other",
    input: permissionGrantInput,
    output: permissionEntry,
  }).mutation(({ ctx, input }) => grantPermission({ ctx, input })),

  revoke: analysisProcedure({
    needs: "admin",
    limit: "other",
    input: permissionRevokeInput,
    output: permissionRevokeOutput,
  }).mutation(({ ctx, input }) => revokePermission({ ctx, input })),
});
