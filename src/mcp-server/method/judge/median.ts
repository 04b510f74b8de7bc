import { scratchFloats } from "./scratch.js";
/** The middle of the values; of an even number of them, the mean of the two in the middle. */
export function medianOf(values: ArrayLike<number>): number {
  const scratch = scratchFloats(values.length);
  scratch.set(values);
  const middle = Math.floor(scratch.length / 2);
  const upper = selectInPlace(scratch, middle);
  if (scratch.length % 2 === 1) return upper;
  let lower = scratch[0] as number;
  for (let i = 1; i < middle; i++) if ((scratch[i] as number) > lower) lower = scratch[i] as number;
  const sum = lower + upper;
  return Number.isFinite(sum) ? sum / 2 : lower / 2 + upper / 2;
}

/**
 * The k-th smallest, k from 0, moved to its place with nothing larger before it (Hoare, Communications of the ACM 4,
 * 1961, algorithm 65). Values that make it slow are sorted instead.
 */
export function selectInPlace(values: Float64Array, k: number): number {
  let left = 0;
  let right = values.length - 1;
  let rounds = 4 * Math.ceil(Math.log2(values.length + 1));
  while (left < right) {
    if (rounds-- === 0) {
      values.subarray(left, right + 1).sort();
      break;
    }
    const pivot = middleOf(
      values[left] as number,
      values[(left + right) >>> 1] as number,
      values[right] as number,
    );
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] as number) < pivot) i++;
      while ((values[j] as number) > pivot) j--;
      if (i > j) break;
      const swapped = values[i] as number;
      values[i++] = values[j] as number;
      values[j--] = swapped;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return values[k] as number;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
