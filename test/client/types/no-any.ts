import type { PegClient, PegClientError, PegClientOptions } from "../../../src/client/index.js";
import type { AnyPaths, Equal, Expect, IsAny } from "./helpers.js";

/** What the guard has to find, by another name. */
type Any = ReturnType<JSON["parse"]>;

type Call<T> = T extends (input: infer Input, ...rest: infer _) => Promise<infer Output>
  ? { input: Input; output: Output }
  : never;

type Subscription<T> = T extends (input: infer Input, options: infer Options) => unknown
  ? { input: Input; output: Options extends { onData?: (value: infer Data) => void } ? Data : never }
  : never;

/** Input and output of a procedure of any kind. */
type Declared<T> = T extends { query: infer F }
  ? Call<F>
  : T extends { mutate: infer F }
    ? Call<F>
    : T extends { subscribe: infer F }
      ? Subscription<F>
      : never;

/** Of every procedure that the client has, those of later versions too. */
type Surface = {
  [R in keyof PegClient & string]: {
    [P in keyof PegClient[R] & string]: Declared<PegClient[R][P]>;
  };
};

export type NoAny = [
  // The guard sees what it is to see.
  Expect<Equal<AnyPaths<{ a: { b: { c: unknown }[] }; d: Date; e?: null }>, never>>,
  Expect<
    Equal<AnyPaths<{ a: { b: { c: Any }[] }; d: Record<string, Any> }>, "it.a.b[].c" | `it.d.${string}`>
  >,
  Expect<Equal<IsAny<PegClient>, false>>,
  Expect<Equal<"get" extends keyof Surface["pegComparison"] ? true : false, true>>,
  Expect<Equal<"create" extends keyof Surface["analysis"] ? true : false, true>>,
  Expect<Equal<Surface["pegComparison"]["get"]["input"]["id"], string>>,
  Expect<Equal<AnyPaths<Surface>, never>>,
  Expect<Equal<AnyPaths<PegClientError["data"]>, never>>,
  Expect<Equal<AnyPaths<PegClientOptions["token"]>, never>>,
];
