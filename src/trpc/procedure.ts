import type { z } from "zod";
import type { PermissionType } from "../contract/permissions.js";
import { EncodedAnswer } from "../domain/comparison/encoded-answer.js";
import type { CacheType } from "../domain/ports.js";
import type { AnalysisCall, DirectQuery } from "./direct-query.js";
import { type LimitClass, t } from "./init.js";
import { mapErrors } from "./middleware/errors.js";
import { takeLimits } from "./middleware/limits.js";
import { openAnswers } from "./middleware/open-answers.js";
import { authorizeCall } from "./middleware/permission.js";
import { requireOperator, requireToken } from "./middleware/token.js";
import { watchCalls } from "./middleware/watch-calls.js";

// Errors are mapped innermost of the two, so that the log sees what the caller sees. Token, then limits.
const limited = t.procedure.use(openAnswers).use(watchCalls).use(mapErrors).use(requireToken).use(takeLimits);

/** What checks a value: a schema, or a function that is made for the purpose. */
interface Parser<TIn, TOut> {
  _input: TIn;
  _output: TOut;
}

/** What a procedure on one analysis declares. */
interface AnalysisRule<TInput extends z.ZodType<{ id: string }>, TOutIn, TOut> {
  needs: PermissionType;
  limit: LimitClass;
  entry?: CacheType;
  input: TInput;
  output: Parser<TOutIn, TOut>;
  direct?: DirectQuery;
}

/**
 * A procedure on one analysis, which its input names as `id`. The only ways to make a procedure are here, and
 * none goes without permission, limit class, input and output.
 */
export function analysisProcedure<TInput extends z.ZodType<{ id: string }>, TOutIn, TOut>(
  declared: AnalysisRule<TInput, TOutIn, TOut>,
) {
  const { needs, limit, entry, input, output, direct } = declared;
  return limited
    .meta({ needs, limit, entry, direct })
    .input(input)
    .use(async ({ next, ctx, input: { id } }) => {
      const analysis = await authorizeCall(ctx, ctx.call, id, needs);
      return next({ ctx: { analysis } });
    })
    .output(output as z.ZodType<TOut, TOutIn>);
}

/**
 * A query on one analysis that is asked so often that it is answered without tRPC's chain of middleware, wherever
 * tRPC's own handler is not needed either.
 */
export function analysisQuery<TInput extends z.ZodType<{ id: string }>, TOutIn, TOut>(
  declared: AnalysisRule<TInput, TOutIn, TOut> & {
    answer(call: { ctx: AnalysisCall; input: z.output<TInput> }): Promise<TOutIn>;
  },
) {
  const { needs, input, output, answer } = declared;
  const direct = {
    needs,
    parseInput: (value: unknown) => input.parse(value),
    answer: answer as DirectQuery["answer"],
    parseOutput: (value: unknown) => (output as z.ZodType<TOut, TOutIn>).parse(value),
  };
  return analysisProcedure({ ...declared, direct }).query(answer as never);
}

/** A procedure for whoever has a token. */
export function tokenProcedure<TIn, TInOut, TOutIn, TOut>(declared: {
  limit: LimitClass;
  input: Parser<TIn, TInOut>;
  output: Parser<TOutIn, TOut>;
}) {
  const { limit, input, output } = declared;
  return limited
    .meta({ needs: "token", limit })
    .input(input as z.ZodType<TInOut, TIn>)
    .output(output as z.ZodType<TOut, TOutIn>);
}

/** A procedure for operators: it does not act on an analysis, which may be gone. */
export function operatorProcedure<TIn, TInOut, TOutIn, TOut>(declared: {
  limit: LimitClass;
  input: Parser<TIn, TInOut>;
  output: Parser<TOutIn, TOut>;
}) {
  const { limit, input, output } = declared;
  return limited
    .meta({ needs: "operator", limit })
    .use(requireOperator)
    .input(input as z.ZodType<TInOut, TIn>)
    .output(output as z.ZodType<TOut, TOutIn>);
}

/** Declares an output that was checked when it was encoded: to callers it is what the schema says. */
export function encoded<TSchema extends z.ZodType>(
  _schema: TSchema,
): Parser<EncodedAnswer, z.output<TSchema>> {
  const parser = {
    parse(value: unknown): EncodedAnswer {
      if (value instanceof EncodedAnswer) return value;
      throw new TypeError("this output has to be encoded");
    },
  };
  return parser as unknown as Parser<EncodedAnswer, z.output<TSchema>>;
}
