/** Whether this run may take its time: `LONG_TESTS=1 npm test`. */
export const LONG = Boolean(process.env.LONG_TESTS);

/** How often something is tried: fewer times in the everyday run, all of them in the long one. */
export function often(everyday: number, long: number): number {
  return LONG ? long : everyday;
}
