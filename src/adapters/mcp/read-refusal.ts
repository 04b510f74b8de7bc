import { type ErrorDetail, errorDetail } from "../../contract/errors.js";
import { mcpFailure } from "../../contract/mcp-protocol.js";
import type { PlainText } from "../../contract/words.js";
import type { Verdict } from "./check-answer.js";
import { parseJson } from "./parse-json.js";

const CANNOT_COMPARE = "DATA_VALIDATION_ERROR";
const MAX_DETAILS = 100;
const MAX_TEXT = 500;

/**
 * Reads an answer with `success: false`.
 *
 * @returns "refused" where the service says that the data cannot be compared, "bad" for any other failure
 * of its own, undefined where the answer is no failure
 */
export function readRefusal(answer: unknown): Verdict | undefined {
  if (typeof answer !== "object" || answer === null || (answer as { success?: unknown }).success !== false)
    return undefined;
  const parsed = mcpFailure.safeParse(answer);
  if (!parsed.success) return { kind: "bad", reason: "success is false, without a readable error" };
  const { error } = parsed.data;
  if (typeof error === "string") return { kind: "bad", reason: `the service failed: ${printable(error)}` };
  if (error.code !== CANNOT_COMPARE && error.type !== CANNOT_COMPARE) {
    return {
      kind: "bad",
      reason: `the service failed: ${printable(error.code ?? error.type ?? "")} ${printable(error.message)}`,
    };
  }
  const unsaid: PlainText = "The raw data cannot be compared. Check its rows and PEGs.";
  const message = printable(error.message) || unsaid;
  return { kind: "refused", message, details: readDetails(error.details) };
}

/** The refusal in the body of a 400 or 422, if it is one. */
export function readRefusalText(text: string): Verdict | undefined {
  try {
    return readRefusal(parseJson(text));
  } catch {
    return undefined;
  }
}

function readDetails(details: unknown): ErrorDetail[] | undefined {
  if (!Array.isArray(details)) return undefined;
  const fit = details.slice(0, MAX_DETAILS).flatMap((detail) => {
    const parsed = errorDetail.safeParse(detail);
    return parsed.success
      ? [{ path: printable(parsed.data.path), message: printable(parsed.data.message) }]
      : [];
  });
  return fit.length > 0 ? fit : undefined;
}

/** Cut to a length that an answer or a log line may carry, without control characters and halves of others. */
function printable(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replace(/[\p{Cc}\p{Cs}]+/gu, " ")
    .trim();
}
