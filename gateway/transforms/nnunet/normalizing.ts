import { z } from 'zod';

const number = z.number();

/** One channel's normalization, by nnU-Net's name for it. */
export const normalizationSchema = z.discriminatedUnion('scheme', [
  z.strictObject({ scheme: z.literal('CTNormalization'), use_mask: z.boolean().optional(), mean: number, std: number.min(0), low: number, high: number }),
  z.strictObject({ scheme: z.literal('ZScoreNormalization'), use_mask: z.boolean().default(false) }),
  z.strictObject({ scheme: z.literal('RescaleTo01Normalization'), use_mask: z.boolean().optional() }),
  z.strictObject({ scheme: z.literal('RGBTo01Normalization'), use_mask: z.boolean().optional() }),
  z.strictObject({ scheme: z.literal('NoNormalization'), use_mask: z.boolean().optional() }),
]); // prettier-ignore

export type Normalization = z.output<typeof normalizationSchema>;

const LEAST = Math.fround(1e-8);

/**
 * Normalizes the voxels of one channel in place, as nnU-Net 2.8 (`default_normalization_schemes`): each step rounded to float32.
 * @param inside 1 where the mask of all channels is; only read with `use_mask`
 * @throws Error for RGBTo01Normalization outside 0 to 255
 * @returns what the user should know, if anything: what follows "Channel 0"
 */
export function normalize(data: Float32Array, how: Normalization, inside: Uint8Array | undefined): string | undefined {
  if (how.scheme === 'CTNormalization') {
    const [low, high] = [Math.fround(how.low), Math.fround(how.high)];
    const [mean, std] = [Math.fround(how.mean), Math.fround(Math.max(how.std, 1e-8))];
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      data[i] = Math.fround((value < low ? low : value > high ? high : value) - mean) / std;
    }
  } else if (how.scheme === 'ZScoreNormalization') {
    const mask = how.use_mask ? inside : undefined;
    const { mean, std } = momentsOf(data, mask);
    const divisor = Math.max(std, LEAST);
    for (let i = 0; i < data.length; i++) if (!mask || mask[i]) data[i] = Math.fround(data[i] - mean) / divisor;
    if (std < LEAST) return 'has one value everywhere, so that its normalized values say nothing';
  } else if (how.scheme === 'RescaleTo01Normalization') {
    const { min, max } = rangeOf(data);
    const divisor = Math.max(Math.fround(max - min), LEAST);
    for (let i = 0; i < data.length; i++) data[i] = Math.fround(data[i] - min) / divisor;
  } else if (how.scheme === 'RGBTo01Normalization') {
    const { min, max } = rangeOf(data);
    if (min < 0 || max > 255) throw new Error(`RGBTo01Normalization takes values from 0 to 255, and the image has ${min} to ${max}`);
    for (let i = 0; i < data.length; i++) data[i] = data[i] / 255;
  }
  return undefined;
} // prettier-ignore

/** Mean and population standard deviation, as float32. */
function momentsOf(data: Float32Array, mask: Uint8Array | undefined): { mean: number; std: number } {
  let [sum, count] = [0, 0];
  for (let i = 0; i < data.length; i++)
    if (!mask || mask[i]) {
      sum += data[i];
      count++;
    }
  const mean = Math.fround(sum / Math.max(1, count));
  let squares = 0;
  for (let i = 0; i < data.length; i++)
    if (!mask || mask[i]) {
      const difference = Math.fround(data[i] - mean);
      squares += difference * difference;
    }
  return { mean, std: Math.fround(Math.sqrt(squares / Math.max(1, count))) };
}

function rangeOf(data: Float32Array): { min: number; max: number } {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
