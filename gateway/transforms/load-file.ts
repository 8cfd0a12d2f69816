import { decodeAsFloat32 } from '../imaging/formats/decode';
import { channelAxis, spatialShape, type Axes, type Volume } from '../imaging/volume';
import type { Sample } from './sample';

/**
 * Decodes the file for `field`: voxels as float32, what the file knows in the properties, a channel axis of length 1 dropped. A request carries one image whatever the config calls it, so a field without a file takes the only one there is.
 *
 * @throws Error when there is no file for the field
 * @throws ImageError when it cannot be decoded
 */
export async function loadFile(sample: Sample, field: string): Promise<Volume> {
  const files = [...sample.files.values()];
  const file = sample.files.get(field) ?? (files.length === 1 ? files[0] : undefined);
  if (!file)
    throw new Error(`no file was sent for "${field}" (files: ${[...sample.files.keys()].join(', ') || 'none'})`);
  return withProperties(await decodeAsFloat32(file.path, file.name), file.name);
}

function withProperties(decoded: Volume, filename: string): Volume {
  const volume = dropSingleChannel(decoded);
  const properties = {
    originalAffine: volume.affine,
    asCanonical: false,
    ...volume.properties,
    originalShape: spatialShape(volume),
    originalChannelDim: channelAxis(volume) < 0 ? ('no_channel' as const) : channelAxis(volume),
    filename,
  };
  return { ...volume, properties };
}

/** A 4-D file whose last axis has length 1 is a 3-D image (`transforms.md` §4.1, A17). */
function dropSingleChannel(volume: Volume): Volume {
  const axis = channelAxis(volume);
  if (axis < 0 || volume.shape[axis] !== 1) return volume;
  const drop = (list: readonly number[]) => list.filter((_, d) => d !== axis);
  return {
    ...volume,
    shape: drop(volume.shape),
    strides: drop(volume.strides),
    axes: volume.axes.replace('C', '') as Axes,
  };
}
