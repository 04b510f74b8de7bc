import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from "@trpc/server";
import type { z } from "zod";
import type {
  analysisByIdInput,
  analysisByIdOutput,
  analysisCreateInput,
  analysisCreateOutput,
  analysisDeleteInput,
  analysisDeleteOutput,
  analysisReplaceInput,
} from "../contract/analysis.js";
import type { analysisListInput, analysisListOutput } from "../contract/analysis-list.js";
import type { analysisSeriesInput, analysisSeriesOutput } from "../contract/analysis-series.js";
import type { auditListInput, auditListOutput } from "../contract/audit.js";
import type {
  pegComparisonGetInput,
  pegComparisonGetOutput,
  pegComparisonRecomputeInput,
  pegComparisonStatusInput,
  pegComparisonStatusOutput,
  pegComparisonSummaryInput,
  pegComparisonSummaryOutput,
  pegComparisonWatchInput,
} from "../contract/comparison.js";
import type { ErrorBody } from "../contract/errors.js";
import type {
  permissionEntry,
  permissionGrantInput,
  permissionListInput,
  permissionListOutput,
  permissionOwnInput,
  permissionOwnOutput,
  permissionRevokeInput,
  permissionRevokeOutput,
} from "../contract/permission.js";

/** How an error arrives: tRPC's own words, and the backend's under `error`. */
interface ErrorShape {
  code: TRPC_ERROR_CODE_NUMBER;
  message: string;
  data: { code: TRPC_ERROR_CODE_KEY; httpStatus: number; error: ErrorBody };
}

interface Declared<TInput, TOutput> {
  meta: unknown;
  input: TInput;
  output: TOutput;
  errorShape: ErrorShape;
}

type Query<TIn extends z.ZodType, TOut extends z.ZodType> = TRPCQueryProcedure<
  Declared<z.input<TIn>, z.output<TOut>>
>;
type Mutation<TIn extends z.ZodType, TOut extends z.ZodType> = TRPCMutationProcedure<
  Declared<z.input<TIn>, z.output<TOut>>
>;
/** Each event has an id, by which a stream goes on where it was. */
type Subscription<TIn extends z.ZodType, TOut extends z.ZodType> = TRPCSubscriptionProcedure<
  Declared<z.input<TIn>, AsyncIterable<{ id: string; data: z.output<TOut> }>>
>;

/** Aliases and not interfaces, which tRPC's records do not take. */
type Procedures = {
  pegComparison: {
    /** The comparison; with `async`, or where it takes long, the task that computes it. */
    get: Query<typeof pegComparisonGetInput, typeof pegComparisonGetOutput>;
    /** The summary of the comparison, and its metadata. */
    summary: Query<typeof pegComparisonSummaryInput, typeof pegComparisonSummaryOutput>;
    /** How far a task is: the newest of the analysis, unless one is named. */
    status: Query<typeof pegComparisonStatusInput, typeof pegComparisonStatusOutput>;
    /** How far a task is, as a stream: the present state first, each change, the final state last. */
    watch: Subscription<typeof pegComparisonWatchInput, typeof pegComparisonStatusOutput>;
    /** Drops what is stored and cached, and starts a task that computes it anew, or joins the one that runs. */
    recompute: Mutation<typeof pegComparisonRecomputeInput, typeof pegComparisonStatusOutput>;
  };
  analysis: {
    /** Stores raw data; the caller becomes its admin. */
    create: Mutation<typeof analysisCreateInput, typeof analysisCreateOutput>;
    /** What the caller may read, newest first, in pages. */
    list: Query<typeof analysisListInput, typeof analysisListOutput>;
    /** Definitions, periods and counts; no raw rows. */
    byId: Query<typeof analysisByIdInput, typeof analysisByIdOutput>;
    /** The samples of one PEG in their course, summed up to so many points. */
    series: Query<typeof analysisSeriesInput, typeof analysisSeriesOutput>;
    /** New raw data in place of the `data_version` that the caller saw. */
    replaceData: Mutation<typeof analysisReplaceInput, typeof analysisCreateOutput>;
    /** Deletes all of it but its audit log. */
    delete: Mutation<typeof analysisDeleteInput, typeof analysisDeleteOutput>;
  };
  permission: {
    /** Who may do what, until when. */
    list: Query<typeof permissionListInput, typeof permissionListOutput>;
    /** What the caller may do. */
    own: Query<typeof permissionOwnInput, typeof permissionOwnOutput>;
    /** Lets a user do something with an analysis, until `expires_at` where that is given. */
    grant: Mutation<typeof permissionGrantInput, typeof permissionEntry>;
    /** Takes a permission back. */
    revoke: Mutation<typeof permissionRevokeInput, typeof permissionRevokeOutput>;
  };
  audit: {
    /** Who did what to an analysis, also to one that is gone. For operators. */
    list: Query<typeof auditListInput, typeof auditListOutput>;
  };
};

/**
 * The backend's procedures as tRPC's own types have them, for what asks for the type of a router. Holds nothing of
 * the server: no context, no database.
 *
 * @example
 * type Pages = inferRouterOutputs<PegRouter>["analysis"]["list"];
 * const namesOf = ({ items }: Pages) => items.map(({ id, name }) => name ?? id);
 */
export type PegRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: true },
  Procedures
>;
