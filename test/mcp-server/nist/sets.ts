import { NUM_ACC_1, NUM_ACC_2, NUM_ACC_3, NUM_ACC_4, PI_DIGITS } from "./generated.js";
import { LEW } from "./lew.js";
import { LOTTERY } from "./lottery.js";
import { MAVRO } from "./mavro.js";
import { MICHELSO } from "./michelso.js";

export interface CertifiedSet {
  name: string;
  data: readonly number[];
  count: number;
  mean: number;
  standardDeviation: number;
  /** Relative. Wider where the decimals of the data are no doubles, so that no method can do better. */
  deviationTolerance: number;
}

const close = { deviationTolerance: 1e-12 };
const hard = { deviationTolerance: 1e-8 };

/** NIST Statistical Reference Datasets, univariate summary statistics, with the certified 15 digits. */
export const CERTIFIED: readonly CertifiedSet[] = [
  { name: "Lew", data: LEW, count: 200, mean: -177.435, standardDeviation: 277.332168044316, ...close },
  {
    name: "Lottery",
    data: LOTTERY,
    count: 218,
    mean: 518.95871559633,
    standardDeviation: 291.699727470969,
    ...close,
  },
  {
    name: "Mavro",
    data: MAVRO,
    count: 50,
    mean: 2.001856,
    standardDeviation: 0.000429123454003053,
    ...close,
  },
  {
    name: "Michelso",
    data: MICHELSO,
    count: 100,
    mean: 299.8524,
    standardDeviation: 0.0790105478190518,
    ...close,
  },
  { name: "NumAcc1", data: NUM_ACC_1, count: 3, mean: 10_000_002, standardDeviation: 1, ...close },
  { name: "NumAcc2", data: NUM_ACC_2, count: 1001, mean: 1.2, standardDeviation: 0.1, ...close },
  { name: "NumAcc3", data: NUM_ACC_3, count: 1001, mean: 1_000_000.2, standardDeviation: 0.1, ...hard },
  { name: "NumAcc4", data: NUM_ACC_4, count: 1001, mean: 10_000_000.2, standardDeviation: 0.1, ...hard },
  {
    name: "PiDigits",
    data: PI_DIGITS,
    count: 5000,
    mean: 4.5348,
    standardDeviation: 2.86733906028871,
    ...close,
  },
];
