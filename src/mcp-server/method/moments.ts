import { ExactSum } from "./exact-sum.js";

export interface Moments {
  /** In the unit of the samples; 0 without samples. */
  mean: number;
  /** With n - 1, in the unit of the samples; 0 with fewer than two. Infinity where a double cannot hold it. */
  standardDeviation: number;
  /** Relative standard deviation, percent of the absolute mean. Infinity where a double cannot hold it. */
  rsd: number;
}

/** From here on sums of samples may overflow, so they are taken of samples scaled down. */
const HUGE = 2 ** 960;
const DOWN = 2 ** -64;

/**
 * Mean, sample standard deviation and RSD of finite samples, whatever their order and size.
 *
 * Two passes: the exact sum gives the mean and then, from its own remainder, corrects it; the squared deviations
 * are summed exactly, and what is left between the mean and its double is taken out of them
 * (Chan, Golub & LeVeque, The American Statistician 37, 1983).
 */
export function momentsOf(samples: ArrayLike<number>): Moments {
  const count = samples.length;
  if (count === 0) return { mean: 0, standardDeviation: 0, rsd: 0 };
  const centre = centreOf(samples);
  const { scale, mean } = centre;
  const deviation = count < 2 || centre.widest === 0 ? 0 : rootMeanSquare(samples, centre);
  return {
    // Adding 0 turns -0 into 0.
    mean: mean / scale + 0,
    standardDeviation: deviation / scale,
    rsd: mean === 0 ? 0 : (deviation / Math.abs(mean)) * 100,
  };
}

/** The mean alone, as `momentsOf` gives it. */
export function meanOf(samples: ArrayLike<number>): number {
  if (samples.length === 0) return 0;
  const { scale, mean } = centreOf(samples);
  return mean / scale + 0;
}

/** Of scaled samples: their mean, what its double leaves out, and the largest distance from it; 0 where all are one. */
interface Centre {
  scale: number;
  mean: number;
  meanError: number;
  widest: number;
}

function centreOf(samples: ArrayLike<number>): Centre {
  const count = samples.length;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const sample = samples[i] as number;
    if (sample < smallest) smallest = sample;
    if (sample > largest) largest = sample;
  }
  const scale = Math.max(-smallest, largest) >= HUGE ? DOWN : 1;

  const sum = new ExactSum();
  for (let i = 0; i < count; i++) sum.add((samples[i] as number) * scale);
  const rough = sum.value() / count;
  sum.addTimes(rough, -count);
  const mean = rough + sum.value() / count;
  sum.addTimes(rough, count);
  sum.addTimes(mean, -count);
  const meanError = sum.value() / count;
  const widest = smallest === largest ? 0 : Math.max(largest * scale - mean, mean - smallest * scale);
  return { scale, mean, meanError, widest };
}

/** The deviation of scaled samples. Squares are taken of deviations near 1, so they neither overflow nor vanish. */
function rootMeanSquare(samples: ArrayLike<number>, { scale, mean, meanError, widest }: Centre): number {
  const exponent = Math.max(-1000, Math.floor(Math.log2(widest)));
  const unit = 2 ** -exponent;
  const squares = new ExactSum();
  for (let i = 0; i < samples.length; i++) {
    const deviation = ((samples[i] as number) * scale - mean) * unit;
    squares.add(deviation * deviation);
  }
  const error = meanError * unit;
  const variance = (squares.value() - samples.length * error * error) / (samples.length - 1);
  return Math.sqrt(Math.max(0, variance)) / unit;
}
