import type { ErrorDetail } from "../../contract/errors.js";

/** More details than this help nobody, and a broken export has half a million of them. */
export const MAX_DETAILS = 20;

/** The data is well formed but cannot be compared. Names the rows or PEGs at fault, never a cell. */
export class DataError extends Error {
  override readonly name = "DataError";
  readonly code = "DATA_VALIDATION_ERROR";

  constructor(
    message: string,
    readonly details: readonly ErrorDetail[],
  ) {
    super(message);
  }
}
