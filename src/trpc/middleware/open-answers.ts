import superjson, { type SuperJSONResult } from "superjson";
import { EncodedAnswer } from "../../domain/comparison/encoded-answer.js";
import { t } from "../init.js";

/** Opens answers that are encoded already where tRPC streams: it would encode the bytes themselves. */
export const openAnswers = t.middleware(async ({ next, ctx }) => {
  const result = await next();
  if (!ctx.streamed || !result.ok || !(result.data instanceof EncodedAnswer)) return result;
  const text = result.data.trpc.toString("utf8");
  const { data } = (JSON.parse(text) as { result: { data: SuperJSONResult } }).result;
  return { ...result, data: superjson.deserialize(data) };
});
