/** Benjamini & Hochberg (Journal of the Royal Statistical Society B 57, 1995): q values, in the order of `ps`. */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const m = ps.length;
  const adjusted = new Array<number>(m).fill(1);
  let least = 1;
  for (const [rank, index] of [...ascending(ps).entries()].reverse()) {
    least = Math.min(least, ((ps[index] as number) * m) / (rank + 1));
    adjusted[index] = least;
  }
  return adjusted;
}

/** Holm (Scandinavian Journal of Statistics 6, 1979): adjusted p values, in the order of `ps`. */
export function holm(ps: readonly number[]): number[] {
  const m = ps.length;
  const adjusted = new Array<number>(m).fill(1);
  let most = 0;
  for (const [rank, index] of ascending(ps).entries()) {
    most = Math.max(most, Math.min(1, (ps[index] as number) * (m - rank)));
    adjusted[index] = most;
  }
  return adjusted;
}

/** Where the values stand, smallest first. */
function ascending(ps: readonly number[]): number[] {
  return ps.map((_, index) => index).sort((one, other) => (ps[one] as number) - (ps[other] as number));
}
