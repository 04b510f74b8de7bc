import { compare } from "../../../../src/mcp-server/method/compare.js";
import { fixedClock, type Row } from "../../analysis-request.js";
import { hourly } from "./hours.js";
import { Noise } from "./noise.js";

/** In hours. */
export const WEEK = 168;
type Request = Parameters<typeof compare>[0];
export const run = (body: Request) => compare(body, fixedClock());

/** A week of hours under a daily swing of 60 %. */
export function swinging(name: string, factor: number, noise: number, seed = 1, cell = "A"): Row[] {
  const random = new Noise(seed);
  return hourly(
    name,
    WEEK,
    (hour, period) =>
      100 *
      (1 + 0.6 * Math.sin((hour * Math.PI) / 12)) *
      (period === "N" ? factor : 1) *
      Math.exp(noise * random.normal()),
    cell,
  );
}
