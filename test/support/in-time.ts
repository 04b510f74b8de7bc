import { expect } from "vitest";

/**
 * Work that must end in time. A timer of the same time tells how late a busy machine makes whatever waits for one.
 *
 * @param withinMs the time it has
 */
export async function inTime<T>(withinMs: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const late = new Promise<number>((resolve) => {
    setTimeout(() => resolve(performance.now() - began - withinMs), withinMs).unref();
  });
  const result = await work();
  const took = performance.now() - began;
  if (took >= withinMs) expect(took).toBeLessThan(withinMs + 2 * Math.max(0, await late));
  return result;
}
