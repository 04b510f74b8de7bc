import type { TRPCClient } from "@trpc/client";
import type {
  AnyTRPCRootTypes,
  AnyTRPCRouter,
  inferRouterError,
  inferRouterInputs,
  inferRouterOutputs,
  TRPCBuiltRouter,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCRouterRecord,
} from "@trpc/server";
import type { PegRouter } from "../../../src/client/index.js";
import type { AppRouter } from "../../../src/trpc/app-router.js";
import type { Equal, Expect } from "./helpers.js";

// What the client is told of the server has to be what the server does. Nothing runs it.

/** Whether each procedure is a query, a mutation or a subscription. */
type Kinds<T> = {
  [K in keyof T]: T[K] extends { _def: { type: infer Kind } } ? Kind : Kinds<T[K]>;
};

/** All that a client can tell of a router. */
interface Face<T extends AnyTRPCRouter> {
  kinds: Kinds<T["_def"]["record"]>;
  inputs: inferRouterInputs<T>;
  outputs: inferRouterOutputs<T>;
  error: inferRouterError<T>;
  transformer: T["_def"]["_config"]["$types"]["transformer"];
  calls: Pick<TRPCClient<T>, keyof T["_def"]["record"]>;
}

type Ours = Face<PegRouter>;
type Theirs = Face<AppRouter>;

export type PegRouterIsAppRouter = [
  Expect<Equal<Ours["kinds"], Theirs["kinds"]>>,
  Expect<Equal<Ours["inputs"], Theirs["inputs"]>>,
  Expect<Equal<Ours["outputs"], Theirs["outputs"]>>,
  Expect<Equal<Ours["error"], Theirs["error"]>>,
  Expect<Equal<Ours["transformer"], Theirs["transformer"]>>,
  Expect<Equal<Ours["calls"], Theirs["calls"]>>,
];

type Procedures = PegRouter["_def"]["record"];
type Audit = Procedures["audit"];
type Input = inferRouterInputs<PegRouter>["audit"]["list"];
type Output = inferRouterOutputs<PegRouter>["audit"]["list"];

type Root = PegRouter["_def"]["_config"]["$types"];
/** The client's router with another `audit`. */
type With<TAudit extends TRPCRouterRecord, TRoot extends AnyTRPCRootTypes = Root> = Face<
  TRPCBuiltRouter<TRoot, { [K in keyof Procedures]: K extends "audit" ? TAudit : Procedures[K] }>
>;
interface Declared<TInput, TOutput> {
  meta: unknown;
  input: TInput;
  output: TOutput;
  errorShape: Root["errorShape"];
}
type Lists<TInput, TOutput> = { list: TRPCQueryProcedure<Declared<TInput, TOutput>> };

export type EveryDriftIsSeen = [
  // As it is, made anew, so that what follows differs for its own reason only.
  Expect<Equal<With<Lists<Input, Output>>, Theirs>>,
  // A procedure less, a procedure more, another name, another kind.
  Expect<Equal<Equal<With<Record<never, never>>, Theirs>, false>>,
  Expect<Equal<Equal<With<{ list: Audit["list"]; byId: Audit["list"] }>, Theirs>, false>>,
  Expect<Equal<Equal<With<{ all: Audit["list"] }>, Theirs>, false>>,
  Expect<Equal<Equal<With<{ list: TRPCMutationProcedure<Declared<Input, Output>> }>, Theirs>, false>>,
  // An input field less, one that is optional here only, one of another type.
  Expect<Equal<Equal<With<Lists<Omit<Input, "cursor">, Output>>, Theirs>, false>>,
  Expect<Equal<Equal<With<Lists<Partial<Input>, Output>>, Theirs>, false>>,
  Expect<Equal<Equal<With<Lists<{ id: string; cursor?: number; limit?: number }, Output>>, Theirs>, false>>,
  // An output that anything would fit, or that lacks what may be null.
  Expect<Equal<Equal<With<Lists<Input, ReturnType<JSON["parse"]>>>, Theirs>, false>>,
  Expect<
    Equal<Equal<With<Lists<Input, { entries: Output["entries"]; next_cursor: string }>>, Theirs>, false>
  >,
  // Another transformer, another error.
  Expect<Equal<Equal<With<Audit, Omit<Root, "transformer"> & { transformer: false }>, Theirs>, false>>,
  Expect<
    Equal<Equal<With<Audit, Omit<Root, "errorShape"> & { errorShape: TRPCDefaultErrorShape }>, Theirs>, false>
  >,
];
