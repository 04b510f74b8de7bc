import type { SOURCES } from "../../../contract/judge.js";
import type { Definition, Direction } from "../pegs.js";
import type { Points } from "./points.js";
import type { Both } from "./samples-of.js";

export type Kind = "gauge" | "counter" | "ratio" | "rare_count";

export type Source = (typeof SOURCES)[number];

/** What the judge needs to know of one PEG. */
export interface PegInput {
  name: string;
  weight: number;
  direction: Direction;
  directionSource: Source;
  kind: Kind;
  kindSource: Source;
  critical: boolean;
  bandPercent: number;
  /** What its definition names and the judge goes by, where there is any. */
  names?: Pick<Definition, "numerator" | "denominator" | "exposure" | "formula">;
  /** The first of them that is no PEG. */
  absent?: string | undefined;
  points: Both<Points>;
  /** Of a ratio that is given by its parts. */
  parts?: { numerators: Both<Points>; denominators: Both<Points> } | undefined;
  /** Of a rare count that happens over something that is counted too. */
  exposure?: Both<Points> | undefined;
}
