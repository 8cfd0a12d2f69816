import { decodeAsFloat32 } from '../../imaging/formats/decode';
import { notFiniteChoices, type NotFinite } from '../../imaging/formats/decoded-image';
import { ImageError } from '../../imaging/image-error';
import { copyBox } from '../../imaging/simd/copy';
import {
  channelAxis,
  channelView,
  firstAxisFastest,
  sizeOf,
  spatialShape,
  type Axes,
  type Volume,
} from '../../imaging/volume';
import { allocateUnset } from '../../arena';
import { checkVoxels } from '../../imaging/voxel-limit';
import type { TransformOptions } from '../definition';
import { RequestError, type Json, type Sample, type SampleFile } from '../sample';
import { say } from '../../sentence';

/** Numbers of two affines that may differ in files of one image, in mm: what headers in float32 lose. */
const SAME_PLACE = 1e-3;

/**
 * Decodes the file for `field`: voxels as float32, what the file knows in the properties, a channel axis of length 1 dropped. Several files are
 * the channels of one image, in front; they must lie on one grid.
 * @throws Error when there is no file for the field
 * @throws ImageError when one cannot be decoded, or they do not fit together
 */
export async function loadFile(
  sample: Sample,
  field: string,
  { niftiUnits }: Pick<TransformOptions, 'niftiUnits'> = {},
): Promise<Volume> {
  const files = sample.files.get(field) ?? [];
  if (files.length === 0) {
    const sent = [...sample.files.keys()].map((name) => `"${name}"`).join(', ') || 'none';
    throw new Error(`no file was sent for "${field}" (files are for ${sent}): send it as the form file "${field}"`);
  }
  const volumes: Volume[] = [];
  for (const { path, name, converted } of files) {
    const options = { niftiUnits, converted, notFinite: readNotFinite(sample.params.nan) };
    const { volume, warnings } = await decodeAsFloat32(path, name, options);
    for (const warning of warnings) sample.warn(warning);
    volumes.push(withProperties(volume, name));
  }
  return volumes.length === 1 ? volumes[0] : stacked(volumes, files);
}

/** The treatment of NaN in `params.nan` of the request. @throws RequestError naming what there is */
function readNotFinite(asked: Json | undefined): NotFinite {
  if (asked === undefined || asked === null) return 'min';
  const choice = notFiniteChoices.find((one) => one === asked);
  if (choice) return choice;
  throw new RequestError(say`nan is ${JSON.stringify(asked)}; expected one of ${notFiniteChoices.join(', ')}`);
}

/** The images as channels of one, the first one's geometry. */
function stacked(volumes: readonly Volume[], files: readonly SampleFile[]): Volume {
  const [first] = volumes;
  volumes.forEach((volume, at) => checkFits(first, volume, files[0].name, files[at].name));
  const size = sizeOf(first.shape);
  checkVoxels(first.shape, first.shape, volumes.length, 'stacking');
  const data = allocateUnset(Float32Array, size * volumes.length);
  volumes.forEach(({ data: from, shape, strides }, c) =>
    copyBox(shape, { data: from, at: 0, strides }, { data, at: c * size, strides: firstAxisFastest(shape) }),
  );
  return {
    ...first,
    data,
    shape: [volumes.length, ...first.shape],
    strides: [size, ...firstAxisFastest(first.shape)],
    axes: `C${first.axes}` as Axes,
    properties: { ...first.properties, originalChannelDim: 0 },
  };
}

/** @throws ImageError saying what differs */
function checkFits(first: Volume, other: Volume, firstName: string, name: string): void {
  if (channelAxis(other) >= 0)
    throw new ImageError('unreadable', say`"${name}" has channels of its own; each of several files is to be one channel of the image`);
  const [wanted, found] = [first, other].map(({ shape }) => shape.join(' × '));
  if (wanted !== found)
    throw new ImageError('unreadable', say`"${firstName}" has ${wanted} voxels and "${name}" has ${found}; files that are channels of one image have one shape`);
  const [a, b] = [first.affine ?? [], other.affine ?? []];
  if (a.length !== b.length || a.some((value, i) => Math.abs(value - b[i]) > SAME_PLACE))
    throw new ImageError('unreadable', say`"${firstName}" and "${name}" do not lie at the same place (their affines differ); resample them to one grid first`);
} // prettier-ignore

/** A 4-D file whose last axis has length 1 is a 3-D image. */
function withProperties(decoded: Volume, filename: string): Volume {
  const volume = decoded.shape[channelAxis(decoded)] === 1 ? channelView(decoded, 0) : decoded;
  const axis = channelAxis(volume);
  const properties = {
    originalAffine: volume.affine,
    asCanonical: false,
    ...volume.properties,
    originalShape: spatialShape(volume),
    originalChannelDim: axis < 0 ? ('no_channel' as const) : axis,
    filename,
  };
  return { ...volume, properties };
}
