import { z } from 'zod';
import { argmax } from '../../imaging/ops/labels/argmax';
import { weightedSum } from '../../imaging/ops/intensity/point-wise';
import { roundHalfEven as roundHalfToEven } from '../../imaging/ops/intensity/round-half-even';
import { majority } from '../../imaging/ops/labels/vote';
import { channelAxis, channelCount, type NumericArray, type Volume } from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { fieldName, fieldNames } from '../arguments';
import { defineTransform } from '../definition';
import type { Sample } from '../sample';
import { checkOneGrid } from '../one-grid';
import { packed } from './packed';

/** MONAI takes one key for several outputs stacked along a first axis, which images do not have here. */
const severalKeys = fieldNames.refine((keys) => keys.length > 1, { error: 'expected the names of several fields' });
const outputKey = fieldName.nullable().default(null);
const named = { error: 'several keys need output_key' };

/** The images of all keys, which have one grid and one number of channels. */
function together(sample: Sample, keys: readonly string[]): Volume[] {
  const images = keys.map((key) => packed(sample.volume(key)));
  checkOneGrid(images, keys);
  if (images.some(({ data }) => data.length !== images[0].data.length))
    throw new Error(`the fields ${keys.join(', ')} differ in their number of channels`);
  return images;
}

const weightList = z.array(z.number()).min(1);

export const meanEnsembled = defineTransform({
  name: 'MeanEnsembled',
  dialect: 'monai',
  summary: 'The mean of several fields in a field of its own, weighted on request: one weight per field, or one per field and channel.',
  source: 'MONAI 0.8.1',
  args: z
    .strictObject({
      keys: severalKeys,
      output_key: outputKey,
      weights: z.union([weightList, z.array(weightList).min(1)]).nullable().default(null),
    })
    .refine(({ output_key: output }) => output !== null, named)
    .refine(({ keys, weights }) => !weights || weights.length === keys.length, { error: 'weights needs one number, or one list, per key' }),
  apply(sample, { keys, output_key: output, weights }) {
    const images = together(sample, keys);
    const [first] = images;
    const channels = channelCount(first);
    const size = first.data.length / channels;
    const data = allocateUnset(Float32Array, first.data.length);
    for (let c = 0; c < channels; c++) {
      const given = keys.map((_, n) => weightOf(weights?.[n], c, channels));
      const sum = given.reduce((a, b) => a + b, 0);
      const parts = images.map((image) => image.data.subarray(c * size, (c + 1) * size) as NumericArray);
      data.set(weightedSum(parts, given.map((weight) => weight / sum)), c * size);
    }
    sample.volumes.set(output!, { ...first, data });
  },
}); // prettier-ignore

function weightOf(given: number | readonly number[] | undefined, channel: number, channels: number): number {
  if (typeof given !== 'object') return given ?? 1;
  if (given.length !== channels && given.length !== 1)
    throw new Error(`weights has ${given.length} numbers for a field, which has ${channels} channels`);
  return given[given.length === 1 ? 0 : channel];
}

export const voteEnsembled = defineTransform({
  name: 'VoteEnsembled',
  dialect: 'monai',
  summary:
    'What most of several fields say, in a field of its own: of one-hot channels each by itself (half is no majority), or with `num_classes` the label with most votes, of equals the lowest.',
  source: 'MONAI 1.5.2',
  args: z
    .strictObject({ keys: severalKeys, output_key: outputKey, num_classes: z.number().int().min(1).max(65536).nullable().default(null) })
    .refine(({ output_key: output }) => output !== null, named),
  apply(sample, { keys, output_key: output, num_classes: classes }) {
    const images = together(sample, keys);
    const [first] = images;
    const arrays = images.map(({ data }) => data);
    if (classes !== null && channelCount(first) === 1) return void sample.volumes.set(output!, { ...first, data: majority(arrays, classes) });
    const sums = weightedSum(arrays, keys.map(() => 1));
    if (classes === null) return void sample.volumes.set(output!, { ...first, data: sums.map((sum) => roundHalfToEven(sum / keys.length)) });
    const data = argmax(sums, channelCount(first));
    sample.volumes.set(output!, { ...first, data, shape: first.shape.with(channelAxis(first), 1) });
  },
}); // prettier-ignore
