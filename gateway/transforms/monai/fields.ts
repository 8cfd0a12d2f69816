import { z } from 'zod';
import { repeatBlocks } from '../../imaging/ops/resample/repeat-blocks';
import { channelAxis, channelCount, withChannelAxis, type NumericArray } from '../../imaging/volume';
import { copyElements } from '../../imaging/simd/copy';
import { allocateUnset } from '../../arena';
import { fieldName, fieldNames, keysArguments, stringyBoolean, withoutEffect } from '../arguments';
import { defineTransform } from '../definition';
import type { Sample } from '../sample';
import { checkOneGrid } from '../one-grid';
import { forEachKey } from './for-each-key';
import { packed } from './packed';

/** Puts the image under another name too; what was done to it can be undone on either. */
function copyField(sample: Sample, from: string, to: string): void {
  sample.volumes.set(to, sample.volume(from));
  sample.history.push(...sample.history.filter((step) => step.field === from).map((step) => ({ ...step, field: to })));
}

export const copyItemsd = defineTransform({
  name: 'CopyItemsd',
  dialect: 'monai',
  summary: 'Copies fields `times` times under new names: first all keys once, then all again.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z
    .strictObject({ ...keysArguments, times: z.number().int().min(1).default(1), names: fieldNames })
    .refine(({ keys, times, names }) => names.length === keys.length * times, {
      error: 'names needs one name for each copy of each key',
    }),
  apply(sample, { keys, names, allow_missing_keys: mayMiss }) {
    names.forEach((name, n) => {
      const key = keys[n % keys.length];
      if (mayMiss && !sample.volumes.has(key)) return;
      copyField(sample, key, name);
    });
  },
});

export const selectItemsd = defineTransform({
  name: 'SelectItemsd',
  dialect: 'monai',
  summary: 'Keeps these fields and forgets the others.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject(keysArguments),
  apply(sample, { keys, allow_missing_keys: mayMiss }) {
    for (const key of keys) if (!mayMiss && !sample.values.has(key)) sample.volume(key);
    for (const field of [...sample.volumes.keys()]) if (!keys.includes(field)) sample.volumes.delete(field);
  },
});

export const deleteItemsd = defineTransform({
  name: 'DeleteItemsd',
  dialect: 'monai',
  summary: 'Forgets these fields.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    keys: fieldNames,
    sep: withoutEffect('metadata', z.string().default('.')),
    use_re: z.literal(false, { error: 'name the fields; regular expressions are not run' }).default(false),
  }),
  apply(sample, { keys }) {
    for (const key of keys) {
      sample.volumes.delete(key);
      sample.values.delete(key);
    }
  },
});

export const repeatChanneld = defineTransform({
  name: 'RepeatChanneld',
  dialect: 'monai',
  summary: 'Repeats each channel: a, b twice is a, a, b, b.',
  source: 'transforms.md §7.2; numpy repeat',
  args: z.strictObject({ ...keysArguments, repeats: z.number().int().positive() }),
  apply(sample, { repeats, ...keys }) {
    forEachKey(sample, keys, (volume, _, key) => {
      const axis = channelAxis(volume);
      if (axis < 0) throw new Error(`"${key}" (axes ${volume.axes}) has no channels; put EnsureChannelFirstd before`);
      const image = packed(volume);
      const data = repeatBlocks(image.data, channelCount(image), repeats);
      return { ...image, data, shape: image.shape.with(axis, channelCount(image) * repeats) };
    });
  },
});

export const splitChanneld = defineTransform({
  name: 'SplitChanneld',
  aliases: ['SplitDimd'],
  dialect: 'monai',
  summary: 'Puts each channel, with a channel axis of length 1, into a field of its own: the key, "_" and a postfix (0, 1, … by default).',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    output_postfixes: z.array(z.union([z.string(), z.number()])).min(1).nullable().default(null),
    channel_dim: z.literal(0, { error: 'only the channel axis is split' }).default(0),
    dim: z.literal(0, { error: 'only the channel axis is split' }).default(0),
    keep_dim: z.literal(true, { error: 'the channel axis stays' }).default(true),
    keepdim: z.literal(true, { error: 'the channel axis stays' }).default(true),
    list_output: z.literal(false, { error: 'each channel goes into a field of its own' }).default(false),
    update_meta: withoutEffect('metadata', stringyBoolean.default(true)),
  }),
  apply(sample, { output_postfixes: given, ...keys }) {
    forEachKey(sample, keys, (volume, _, key) => {
      const image = packed(withChannelAxis(volume, 'first'));
      const channels = channelCount(image);
      const postfixes = given ?? Array.from({ length: channels }, (__, c) => c);
      if (postfixes.length !== channels)
        throw new Error(`output_postfixes has ${postfixes.length} names, "${key}" has ${channels} channel(s)`);
      const size = image.data.length / channels;
      postfixes.forEach((postfix, c) => {
        const data = image.data.subarray(c * size, (c + 1) * size) as NumericArray;
        sample.volumes.set(`${key}_${postfix}`, { ...image, data, shape: image.shape.with(channelAxis(image), 1) });
      });
      return volume;
    });
  },
}); // prettier-ignore

export const concatItemsd = defineTransform({
  name: 'ConcatItemsd',
  dialect: 'monai',
  summary: 'Puts the channels of several fields one behind the other, in a field of its own.',
  source: 'transforms.md §7.2; MONAI 0.8.1',
  args: z.strictObject({
    ...keysArguments,
    name: fieldName,
    dim: z.literal(0, { error: 'only channels are put together' }).default(0),
  }),
  apply(sample, { keys, name, allow_missing_keys: mayMiss }) {
    const present = keys.filter((key) => !mayMiss || sample.volumes.has(key));
    const images = present.map((key) => packed(withChannelAxis(sample.volume(key), 'first')));
    checkOneGrid(images, present);
    const [first] = images;
    const channels = images.reduce((sum, image) => sum + channelCount(image), 0);
    const sameType = images.every(({ data }) => data.constructor === first.data.constructor);
    const type = sameType ? first.data.constructor : Float32Array;
    const size = images.reduce((sum, { data }) => sum + data.length, 0);
    const data = allocateUnset(type as Parameters<typeof allocateUnset<NumericArray>>[0], size);
    images.reduce((at, image) => (copyElements(image.data, data, at), at + image.data.length), 0);
    const history = sample.history.filter((step) => step.field === keys[0]);
    sample.volumes.set(name, { ...first, data, shape: first.shape.with(channelAxis(first), channels) });
    if (name !== keys[0]) sample.history.push(...history.map((step) => ({ ...step, field: name })));
  },
});

/** @throws Error when there is none, or one of them has another grid than the first */
