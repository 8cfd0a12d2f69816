import { z } from 'zod';
import { joined, packed, repeatBlocks } from '../../imaging/ops/copy/blocks';
import { channelAxis, channelCount, withChannelAxis, type Volume } from '../../imaging/volume';
import * as arg from '../arguments';
import { channelsApart, eachChannel, withChannels } from '../channels';
import { clara, monai, presentFields } from '../definition';
import { checkOneGrid } from '../one-grid';
import type { Sample } from '../sample';

/** A change that was made to one image can be undone on another as well. */
function copyHistory({ history }: Sample, from: string, to: string): void {
  history.push(...history.filter(({ field }) => field === from).map((step) => ({ ...step, field: to })));
}

monai({
  name: 'CopyItemsd',
  summary: 'Copies fields `times` times under new names: first all keys once, then all again.',
  example: { times: 1, names: ['original'] },
  args: arg
    .onKeys({ times: z.number().int().min(1).default(1), names: arg.fieldNames })
    .refine(({ keys, times, names }) => names.length === keys.length * times, {
      error: 'names needs one name for each copy of each key',
    }),
  apply(sample, { keys, names, allow_missing_keys: mayMiss }) {
    for (const [n, name] of names.entries()) {
      const key = keys[n % keys.length];
      if (mayMiss && !sample.volumes.has(key)) continue;
      sample.volumes.set(name, sample.volume(key));
      copyHistory(sample, key, name);
    }
  },
});

monai({
  name: 'SelectItemsd',
  summary: 'Keeps these fields and forgets the others.',
  args: arg.onKeys({}),
  apply(sample, { keys, allow_missing_keys: mayMiss }) {
    for (const key of keys) if (!mayMiss && !sample.values.has(key)) sample.volume(key);
    for (const field of [...sample.volumes.keys()]) if (!keys.includes(field)) sample.volumes.delete(field);
  },
});

monai({
  name: 'DeleteItemsd',
  summary: 'Forgets these fields.',
  args: z.strictObject({
    keys: arg.fieldNames,
    sep: arg.withoutEffect('metadata', z.string().default('.')),
    use_re: arg.only(false, 'name the fields; regular expressions are not run'),
  }),
  apply(sample, { keys }) {
    for (const key of keys) {
      sample.volumes.delete(key);
      sample.values.delete(key);
    }
  },
});

/** Clara's names of properties, and how to take each from another image. Absent ones are skipped. */
const copiers: Record<string, (from: Volume, to: Volume) => Volume> = {
  // The file's header goes with its affine: units and form codes of the result are taken from it.
  affine: (from, to) => ({ ...withProperty(to, 'header', from), affine: from.affine ?? to.affine }),
  original_affine: (from, to) => withProperty(to, 'originalAffine', from),
  as_canonical: (from, to) => withProperty(to, 'asCanonical', from),
  original_shape: (from, to) => withProperty(to, 'originalShape', from),
  filename: (from, to) => withProperty(to, 'filename', from),
};

function withProperty(to: Volume, name: keyof Volume['properties'], { properties }: Volume): Volume {
  if (properties[name] === undefined) return to;
  return { ...to, properties: { ...to.properties, [name]: properties[name] } };
}

clara({
  name: 'CopyProperties',
  summary: 'Gives images the affine and other properties of another one: a network output has none of its own.',
  example: { from_field: 'image', properties: ['affine'] },
  args: arg.onFields({
    from_field: arg.fieldName,
    properties: z.union([z.string().transform((name) => [name]), z.array(z.string())]),
  }),
  change(volume, { from_field: source, properties }, { sample }) {
    const from = sample.volume(source);
    return properties.reduce((to, name) => copiers[name]?.(from, to) ?? to, volume);
  },
});

const repeats = z.number().int().positive();

/** Each channel `times` times; the order of the axes stays. */
function repeated(volume: Volume, times: number): Volume {
  const channels = channelCount(volume);
  return withChannels(volume, repeatBlocks(volume.data, channels, times), channels * times);
}

clara({
  name: 'RepeatChannel',
  summary: 'Repeats each channel: a, b twice is a, a, b, b. The number may be spelled `repeats` or `repeat_times`.',
  example: { repeats: 3 },
  source: 'numpy repeat',
  args: arg.withSpellings(arg.onFields({ repeats }), { repeat_times: 'repeats' }),
  change(volume, args, { field }) {
    if (channelAxis(volume) >= 0) return repeated(channelsApart(volume), args.repeats);
    throw new Error(`"${field}" (${volume.axes}) has no channels to repeat; put ConvertToChannelsFirst before`);
  },
});

monai({
  name: 'RepeatChanneld',
  summary: 'Repeats each channel: a, b twice is a, a, b, b.',
  example: { repeats: 3 },
  source: 'numpy repeat',
  args: arg.onKeys({ repeats }),
  change(volume, args, { field }) {
    if (channelAxis(volume) >= 0) return repeated(packed(volume), args.repeats);
    throw new Error(`"${field}" (axes ${volume.axes}) has no channels; put EnsureChannelFirstd before`);
  },
});

clara({
  name: 'SplitAcrossChannels',
  summary: 'Puts each channel into a field of its own, with a channel axis of length 1; the image stays.',
  example: { channel_names: ['background', 'spleen'] },
  args: z.strictObject({ field: arg.fieldName, channel_names: arg.fieldNames }),
  apply(sample, { field, channel_names: names }) {
    const volume = sample.volume(field);
    if (channelAxis(volume) < 0 || channelCount(volume) !== names.length) {
      const channels = channelAxis(volume) < 0 ? 'no channel axis' : `${channelCount(volume)} channels`;
      throw new Error(`"${field}" has ${channels}, channel_names has ${names.length}: ${names.join(', ')}`);
    }
    eachChannel(channelsApart(volume)).forEach((channel, c) => sample.volumes.set(names[c], channel));
  },
});

const channelsAlone = arg.only(0, 'only the channel axis is split');
const staysAnAxis = arg.only(true, 'the channel axis stays');

monai({
  name: 'SplitChanneld',
  aliases: ['SplitDimd'],
  summary:
    'Puts each channel, with a channel axis of length 1, into a field of its own: the key, "_" and a postfix (0, 1, … by default).',
  args: arg.onKeys({
    output_postfixes: arg.orNull(z.array(z.union([z.string(), z.number()])).min(1)),
    channel_dim: channelsAlone,
    dim: channelsAlone,
    keep_dim: staysAnAxis,
    keepdim: staysAnAxis,
    list_output: arg.only(false, 'each channel goes into a field of its own'),
    update_meta: arg.withoutEffect('metadata', arg.flag.default(true)),
  }),
  change(volume, { output_postfixes: given }, { sample, field }) {
    const channels = channelCount(volume);
    const postfixes = given ?? [...new Array<undefined>(channels).keys()];
    if (postfixes.length !== channels)
      throw new Error(`output_postfixes has ${postfixes.length} names, "${field}" has ${channels} channel(s)`);
    eachChannel(packed(withChannelAxis(volume, 'first'))).forEach((channel, c) =>
      sample.volumes.set(`${field}_${postfixes[c]}`, channel),
    );
    return volume;
  },
});

monai({
  name: 'ConcatItemsd',
  summary: 'Puts the channels of several fields one after the other, in a field of its own.',
  example: { name: 'image' },
  args: arg.onKeys({ name: arg.fieldName, dim: arg.only(0, 'only channels are put together') }),
  apply(sample, { name, ...args }) {
    const present = presentFields(sample, args).map(([, field]) => field);
    const images = present.map((key) => packed(withChannelAxis(sample.volume(key), 'first')));
    checkOneGrid(images, present);
    const channels = images.reduce((sum, image) => sum + channelCount(image), 0);
    sample.volumes.set(name, withChannels(images[0], joined(images.map(({ data }) => data)), channels));
    if (name !== args.keys[0]) copyHistory(sample, args.keys[0], name);
  },
});
