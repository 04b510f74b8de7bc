export { createPegClient, type PegClient, type PegClientOptions } from "./create-peg-client.js";
export { isPegError, type PegClientError } from "./is-peg-error.js";
export type { PegRouter } from "./peg-router.js";
