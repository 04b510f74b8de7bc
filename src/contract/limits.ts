export const MAX_ROWS = 500_000;
/** Of one comparison, with those that formulas make of rows: as many as an answer of 32 MiB holds. */
export const MAX_SAMPLES = 3 * MAX_ROWS;
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Of a request that carries no raw data. */
export const MAX_SMALL_BODY_BYTES = 256 * 1024;
/** PEGs that may be defined, and all values that their definitions may hold together. */
export const MAX_DEFINITIONS = 10_000;
export const MAX_DEFINITION_VALUES = 200_000;
/** Calls that one tRPC request may carry. */
export const MAX_BATCH_SIZE = 20;
/** Of the course of a PEG, in each period. */
export const MAX_SERIES_POINTS = 2000;
/** Entries of one page of a list. */
export const MAX_PAGE = 100;
