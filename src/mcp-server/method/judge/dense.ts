import { scratchWhole } from "./scratch.js";

/** How many numbers may stay unused, for each that is used. */
const SLACK = 4;
const ALWAYS = 1024;

/** Whether tables with a place for each of `size` numbers are in proportion to `count` items. */
export function isDense(size: number, count: number): boolean {
  return size <= SLACK * count + ALWAYS;
}

/** Whole numbers as numbers from 0 in the same order, equal ones alike, without large gaps. */
export function ranked(columns: readonly Float64Array[]): { columns: Uint32Array[]; size: number } {
  let [least, most, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const column of columns) {
    count += column.length;
    for (let i = 0; i < column.length; i++) {
      const value = column[i] as number;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  if (count === 0) return { columns: columns.map(() => new Uint32Array(0)), size: 0 };
  const size = most - least + 1;
  if (isDense(size, count))
    return { columns: columns.map((column) => numbered(column, (value) => value - least)), size };
  const ranks = new Map<number, number>();
  for (const value of Float64Array.from(columns.flatMap((column) => [...column])).sort())
    if (!ranks.has(value)) ranks.set(value, ranks.size);
  return {
    columns: columns.map((column) => numbered(column, (value) => ranks.get(value) ?? 0)),
    size: ranks.size,
  };
}

function numbered(column: Float64Array, numberOf: (value: number) => number): Uint32Array {
  const numbers = new Uint32Array(column.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = numberOf(column[i] as number);
  return numbers;
}

/** Items in the order of their keys, those of equal keys as they were: a counting sort. @param size keys are below it */
export function orderByKey(order: Uint32Array, keys: Uint32Array, size: number): Uint32Array {
  if (!isDense(size, order.length)) {
    const dense = ranked([Float64Array.from(keys)]);
    return orderByKey(order, dense.columns[0] as Uint32Array, dense.size);
  }
  const next = scratchWhole(size + 1);
  for (let i = 0; i < keys.length; i++) {
    const after = (keys[i] as number) + 1;
    next[after] = (next[after] as number) + 1;
  }
  for (let key = 1; key <= size; key++) next[key] = (next[key] as number) + (next[key - 1] as number);
  const sorted = scratchWhole(order.length);
  for (let i = 0; i < order.length; i++) {
    const item = order[i] as number;
    const key = keys[item] as number;
    const place = next[key] as number;
    sorted[place] = item;
    next[key] = place + 1;
  }
  return sorted;
}
