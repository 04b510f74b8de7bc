import { isPegError } from "../client/index.js";

/** Why a command failed, for the person at the terminal. */
export function describeFailure(error: unknown): string {
  if (isPegError(error)) {
    const { code, message, details = [] } = error.data.error;
    const lines = details.map((detail) => `  - ${detail.path ? `${detail.path}: ` : ""}${detail.message}`);
    return [`${message} (${code})`, ...lines].join("\n");
  }
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  // Refused connections to several addresses come as one error without words.
  return error.message || (typeof code === "string" ? code : error.name);
}
