import type { Cores, Options } from "./options.js";
import type { Closers } from "./world.js";

/** What every part of the bench is given. */
export interface Bench {
  options: Options;
  cores: Cores;
  closers: Closers;
  progress(text: string): void;
}

/** A part of the bench: what it measures, and the same as people read it. */
export interface Section {
  measure(bench: Bench): Promise<{ measured: unknown; text: string }>;
}

/** A part made of its two functions. */
export function section<T>(
  measure: (bench: Bench) => T | Promise<T>,
  describe: (measured: T) => string,
): Section {
  return {
    async measure(bench) {
      const measured = await measure(bench);
      return { measured, text: describe(measured) };
    },
  };
}
