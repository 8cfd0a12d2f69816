import { z } from 'zod';
import { closestCanonical } from '../../imaging/geometry';
import { channelAxis, spatialShape, type Axes, type Volume } from '../../imaging/volume';
import { fieldNames, stringyBoolean, withLegacyNames } from '../arguments';
import { defineTransform } from '../definition';
import { ofType, typeOrSame } from '../element-type';
import { loadFile } from '../load-file';

export const loadNifti = defineTransform({
  name: 'LoadNifti',
  kind: 'load',
  aliases: ['LoadNifty'],
  dialect: 'clara',
  summary:
    'Reads the request’s image as float32 (or `dtype`, made of that) in file order, without or with reorientation to the closest RAS+ axes.',
  source: 'transforms.md §4.1; choice A4',
  args: withLegacyNames(
    z.strictObject({
      fields: fieldNames,
      dtype: typeOrSame,
      as_closest_canonical: stringyBoolean.default(false),
      nii_is_channels_first: stringyBoolean.default(false),
    }),
  ),
  async apply(
    sample,
    { fields, as_closest_canonical: canonical, nii_is_channels_first: channelsFirst, dtype },
    options,
  ) {
    for (const field of fields) {
      const volume = await loadFile(sample, field, options);
      const loaded = channelsFirst ? firstAxisAsChannels(volume) : volume;
      sample.volumes.set(field, ofType(canonical ? reoriented(loaded) : loaded, dtype));
    }
  },
});

function reoriented(volume: Volume): Volume {
  const turned = closestCanonical(volume);
  return { ...turned, properties: { ...turned.properties, originalShape: spatialShape(turned) } };
}

/** A 4-D file stored (c, x, y, z): the same array under other letters. */
function firstAxisAsChannels(volume: Volume): Volume {
  if (channelAxis(volume) < 0) return volume;
  if (channelAxis(volume) !== volume.shape.length - 1)
    throw new Error(`nii_is_channels_first with an image whose axes are ${volume.axes}`);
  const letters = volume.axes.replace('C', '');
  const relabelled: Volume = { ...volume, axes: `C${letters}` as Axes };
  const properties = { ...volume.properties, originalShape: spatialShape(relabelled), originalChannelDim: 0 };
  return { ...relabelled, properties };
}
