/** Bytes: enough for a PEG of two weeks of hours; a larger one takes longer to judge than to get memory for. */
const SIZE = 512 * 1024;
const WORD = 8;

const memory = new ArrayBuffer(SIZE);
let used = 0;

/*
 * Numbers that are needed while one PEG is measured. Thousands of short columns of their own would keep the garbage
 * collector busier than all the arithmetic: they share a block of memory, and what does not fit gets its own.
 */

/** Zeros, until `releaseScratch`. */
export function scratchFloats(length: number): Float64Array {
  const start = take(length * WORD);
  return start === undefined ? new Float64Array(length) : new Float64Array(memory, start, length).fill(0);
}

/** Zeros, until `releaseScratch`. */
export function scratchWhole(length: number): Uint32Array {
  const start = take(length * Uint32Array.BYTES_PER_ELEMENT);
  return start === undefined ? new Uint32Array(length) : new Uint32Array(memory, start, length).fill(0);
}

function take(bytes: number): number | undefined {
  const rounded = Math.ceil(bytes / WORD) * WORD;
  if (used + rounded > SIZE) return undefined;
  const start = used;
  used += rounded;
  return start;
}

/** To be called where nothing of it is in use any more. */
export function releaseScratch(): void {
  used = 0;
}
