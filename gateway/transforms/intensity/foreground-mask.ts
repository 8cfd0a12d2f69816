import { z } from 'zod';
import { allocateUnset } from '../../arena';
import { integerRange } from '../../imaging/formats/value-types';
import { otsuThreshold } from '../../imaging/ops/intensity/histogram';
import { withChannelAxis, type NumericArray } from '../../imaging/volume';
import { off, onKeys, orNull } from '../arguments';
import { fileChannels, ofType, typeOf, withChannels } from '../channels';
import { monai, presentFields } from '../definition';

const limit = z.union([z.number(), z.literal('otsu'), z.literal('mean')], {
  error: 'expected a number, "otsu" or "mean"',
});
const limitsOf = (letters: string) => {
  const names = [...letters, ...letters.toLowerCase()];
  const each = z.strictObject(Object.fromEntries(names.map((name) => [name, limit.nullable().optional()])));
  return z.union([limit, each]).nullable();
};

type Limit = z.infer<typeof limit>;
type Limits = Limit | Record<string, Limit | null | undefined> | null;

monai({
  name: 'ForegroundMaskd',
  summary:
    'A mask of dark voxels: 1 where any of the first three channels is at or below its `threshold` (a number, Otsu’s or the mean), and where hue, saturation or value is above its `hsv_threshold`. A threshold of 0 is none.',
  source: 'MONAI 1.5.2; scikit-image 0.26 threshold_otsu and rgb2hsv',
  args: onKeys({
    threshold: limitsOf('RGB').default('otsu'),
    hsv_threshold: limitsOf('HSV').default(null),
    invert: off,
    new_key_prefix: orNull(z.string()),
  }).refine((args) => [args.threshold, args.hsv_threshold].some((given) => limitsAny(given, 'RGBHSV')), {
    error: 'threshold or hsv_threshold needs a threshold for at least one channel',
  }),
  apply(sample, { threshold, hsv_threshold: hsv, invert, new_key_prefix: prefix, ...args }) {
    for (const [, key] of presentFields(sample, args)) {
      const volume = sample.volume(key);
      const { image, parts } = fileChannels(withChannelAxis(volume, 'first'));
      const colours = (invert ? parts.map(inverted) : parts).slice(0, 3);
      const masks: Uint8Array[] = [];
      if (limitsAny(threshold, 'RGB')) masks.push(beyond(colours, threshold, 'RGB', 'at or below'));
      if (limitsAny(hsv, 'HSV')) masks.push(beyond(hueSaturationValue(colours), hsv, 'HSV', 'above'));
      const mask = masks.reduce((all, one) => all.map((value, i) => value & one[i]));
      sample.volumes.set((prefix ?? '') + key, ofType(withChannels(image, mask, 1), typeOf(volume)));
    }
  },
});

/** Whether one of the channels of these letters has a threshold. */
const limitsAny = (limits: Limits, letters: string) =>
  [...letters].some((letter) => limitOf(limits, letter) !== undefined);

function limitOf(limits: Limits, letter: string): Limit | undefined {
  if (limits === null || typeof limits !== 'object') return limits ?? undefined;
  return limits[letter] ?? limits[letter.toLowerCase()] ?? undefined;
}

/** scikit-image's `util.invert`: fractional types 1 - x, integers from the other end of their type. */
function inverted(data: NumericArray): NumericArray {
  const [low, high] = integerRange(data.constructor) ?? [0, 1];
  return data.map((value) => low + high - value);
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
function hueSaturationValue(colours: readonly NumericArray[]): Float32Array[] {
  if (colours.length < 3) throw new Error('hsv_threshold needs an image of three colours');
  const [first, second, third] = colours;
  const [, top] = integerRange(first.constructor) ?? [0, 1];
  const out = ['hue', 'saturation', 'value'].map(() => allocateUnset(Float32Array, first.length));
  for (let i = 0; i < first.length; i++) {
    const voxel = [first[i] / top, second[i] / top, third[i] / top];
    const value = Math.max(...voxel);
    const delta = value - Math.min(...voxel);
    out[0][i] = delta === 0 ? 0 : hueOf(voxel, value, delta);
    out[1][i] = delta === 0 ? 0 : delta / value;
    out[2][i] = value;
  }
  return out;
}

/** From 0 to below 1, of colours from 0 to 1; where colours are equally strong the last one counts. */
function hueOf([red, green, blue]: readonly number[], value: number, delta: number): number {
  const turned = () => (green === value ? 2 + (blue - red) / delta : (green - blue) / delta);
  const turn = (blue === value ? 4 + (red - green) / delta : turned()) / 6;
  return turn - Math.floor(turn);
}
