export * from "./analysis.js";
export * from "./audit.js";
export * from "./comparison.js";
export * from "./errors.js";
export * from "./judge.js";
export * from "./permission.js";
export * from "./permissions.js";
export { parseTime } from "./time.js";
