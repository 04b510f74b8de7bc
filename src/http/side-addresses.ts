/** What probes, readers and browsers ask for, which is no use of the API. A star stands for all below. */
export const SIDE_ADDRESSES = [
  "/healthz",
  "/readyz",
  "/openapi.json",
  "/docs/*",
  "/",
  "/upload",
  "/analyses/*",
  "/assets/*",
];
