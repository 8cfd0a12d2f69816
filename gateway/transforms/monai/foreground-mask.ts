import { z } from 'zod';
import { otsuThreshold } from '../../imaging/ops/intensity/histogram';
import { channelCount, type NumericArray, type Volume, withChannelAxis, channelAxis } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { keysArguments, stringyBoolean } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOf } from '../element-type';
import { packed } from './packed';

const limit = z.union([z.number(), z.literal('otsu'), z.literal('mean')], {
  error: 'expected a number, "otsu" or "mean"',
});
const channel = (letters: string) =>
  z.strictObject(Object.fromEntries([...letters, ...letters.toLowerCase()].map((letter) => [letter, limit.nullable().optional()]))); // prettier-ignore

type Limit = z.infer<typeof limit>;
type Limits = Limit | Record<string, Limit | null | undefined> | null;

/** Colours as numbers from 0 to 1. */
type Colours = [red: number, green: number, blue: number];

export const foregroundMaskd = defineTransform({
  name: 'ForegroundMaskd',
  dialect: 'monai',
  summary:
    'A mask of what is dark: 1 where any of the first three channels is at or below its `threshold` (a number, Otsu’s or the mean), and where hue, saturation or value is above its `hsv_threshold`. A threshold of 0 is none.',
  source: 'MONAI 1.5.2; scikit-image 0.26 threshold_otsu and rgb2hsv',
  args: z
    .strictObject({
      ...keysArguments,
      threshold: z.union([limit, channel('RGB')]).nullable().default('otsu'),
      hsv_threshold: z.union([limit, channel('HSV')]).nullable().default(null),
      invert: stringyBoolean.default(false),
      new_key_prefix: z.string().nullable().default(null),
    })
    .refine((args) => [args.threshold, args.hsv_threshold].some((given) => namesOf(given, 'RGBHSV').length > 0), {
      error: 'threshold or hsv_threshold needs a threshold for at least one channel',
    }),
  apply(sample, { keys, allow_missing_keys: mayMiss, threshold, hsv_threshold: hsv, invert, new_key_prefix: prefix }) {
    for (const key of keys) {
      if (mayMiss && !sample.volumes.has(key)) continue;
      const volume = sample.volume(key);
      const given = packed(withChannelAxis(volume, 'first'));
      const image = invert ? { ...given, data: inverted(given.data) } : given;
      const size = image.data.length / channelCount(image);
      const mask = allocateUnset(Uint8Array, size).fill(1);
      if (namesOf(threshold, 'RGB').length > 0) keep(mask, beyond(channelsOf(image, size), threshold, 'RGB', 'at or below'));
      if (namesOf(hsv, 'HSV').length > 0) keep(mask, beyond(hueSaturationValue(image, size), hsv, 'HSV', 'above'));
      const result: Volume = { ...image, data: mask, shape: image.shape.with(channelAxis(image), 1) };
      sample.volumes.set((prefix ?? '') + key, ofType(result, typeOf(volume)));
    }
  },
}); // prettier-ignore

/** The letters of channels that have a threshold. */
function namesOf(limits: Limits, letters: string): string[] {
  return [...letters].filter((letter) => limitOf(limits, letter) !== undefined);
}

function limitOf(limits: Limits, letter: string): Limit | undefined {
  if (limits === null || typeof limits !== 'object') return limits ?? undefined;
  return limits[letter] ?? limits[letter.toLowerCase()] ?? undefined;
}

/** scikit-image's `util.invert`: fractional types 1 - x, integers from the other end of their type. */
function inverted(data: NumericArray): NumericArray {
  const name = data.constructor.name;
  const top = name.startsWith('Float') ? 1 : name.startsWith('U') ? 2 ** (8 * data.BYTES_PER_ELEMENT) - 1 : -1;
  return data.map((value) => top - value);
}

function channelsOf({ data }: Volume, size: number): NumericArray[] {
  const count = Math.min(data.length / size, 3);
  return Array.from({ length: count }, (_, c) => data.subarray(c * size, (c + 1) * size) as NumericArray);
}

function keep(mask: Uint8Array, others: Uint8Array): void {
  for (let i = 0; i < mask.length; i++) mask[i] &= others[i];
}

/** 1 where any channel lies on the side of its threshold that is named. */
function beyond(channels: readonly NumericArray[], limits: Limits, letters: string, side: 'above' | 'at or below') {
  const mask = allocateUnset(Uint8Array, channels[0].length).fill(0);
  for (const [c, data] of channels.entries()) {
    const given = limitOf(limits, letters[c]);
    const at = given === 'otsu' ? otsuThreshold(data) : given === 'mean' ? meanOf(data) : (given ?? 0);
    if (at === 0) continue;
    const bound = data instanceof Float32Array ? Math.fround(at) : at;
    for (let i = 0; i < data.length; i++) if (side === 'above' ? data[i] > bound : data[i] <= bound) mask[i] = 1;
  }
  return mask;
}

function meanOf(data: NumericArray): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** scikit-image's `rgb2hsv`: integers are fractions of the largest one of their type. */
function hueSaturationValue({ data }: Volume, size: number): Float32Array[] {
  if (data.length < 3 * size) throw new Error('hsv_threshold needs an image of three colours');
  const name = data.constructor.name;
  const top = name.startsWith('Float') ? 1 : 2 ** (8 * data.BYTES_PER_ELEMENT - (name.startsWith('U') ? 0 : 1)) - 1;
  const out = ['hue', 'saturation', 'value'].map(() => allocateUnset(Float32Array, size));
  for (let i = 0; i < size; i++) {
    const colours: Colours = [data[i] / top, data[size + i] / top, data[2 * size + i] / top];
    const value = Math.max(...colours);
    const delta = value - Math.min(...colours);
    out[0][i] = delta === 0 ? 0 : hueOf(colours, value, delta);
    out[1][i] = delta === 0 ? 0 : delta / value;
    out[2][i] = value;
  }
  return out;
}

/** From 0 to below 1; where colours are equally strong the last one counts. */
function hueOf([red, green, blue]: Colours, value: number, delta: number): number {
  const sixths = blue === value ? 4 + (red - green) / delta : green === value ? 2 + (blue - red) / delta : (green - blue) / delta; // prettier-ignore
  const turn = sixths / 6;
  return turn - Math.floor(turn);
}
