import { ComingVoxels } from '../../imaging/formats/coming-voxels';
import { decodeAsFloat32, decodeWhileRead } from '../../imaging/formats/decode';
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
import { RequestError, type Json, type Sample } from '../sample';
import { say } from '../../sentence';

/** Numbers of two affines that may differ in files of one image, in mm: what headers in float32 lose. */
const SAME_PLACE = 1e-3;

/** How the files of an image are read and put together. */
export interface FileReading extends Pick<TransformOptions, 'niftiUnits' | 'whileRead'> {
  /** NaN and infinity where the request does not say. @default min */
  notFinite?: NotFinite;
  /** What is done to each of several files before they are put together. @default nothing */
  each?: (volume: Volume) => Volume;
  /** Checks that another file lies on the grid of the first; shapes are equal. @throws ImageError @default {@link refuseOtherPlaces} */
  checkPlaces?: (first: NamedVolume, other: NamedVolume) => void;
}

export interface NamedVolume {
  name: string;
  volume: Volume;
}

/**
 * Decodes the file for `field`: voxels as float32, what the file knows in the properties, a channel axis of length 1 dropped. Several files are
 * the channels of one image, in front; they must lie on one grid.
 * @throws Error when there is no file for the field
 * @throws ImageError when one cannot be decoded, or they do not fit together
 */
export async function loadFile(
  sample: Sample,
  field: string,
  {
    niftiUnits,
    whileRead = false,
    notFinite = 'min',
    each = (volume) => volume,
    checkPlaces = refuseOtherPlaces,
  }: FileReading = {},
): Promise<Volume> {
  const files = sample.files.get(field) ?? [];
  if (files.length === 0) {
    const sent = [...sample.files.keys()].map((name) => `"${name}"`).join(', ') || 'none';
    throw new Error(`no file was sent for "${field}" (files are for ${sent}): send it as the form file "${field}"`);
  }
  const volumes: NamedVolume[] = [];
  for (const { path, name, converted } of files) {
    const options = { niftiUnits, converted, notFinite: readNotFinite(sample.params.nan, notFinite) };
    const decode = whileRead && files.length === 1 ? decodeWhileRead : decodeAsFloat32;
    const decoded = await decode(path, name, options);
    const { volume } = decoded;
    if (decoded instanceof ComingVoxels) sample.coming = decoded;
    else for (const warning of decoded.warnings) sample.warn(warning);
    volumes.push({ name, volume: each(withProperties(volume, name)) });
  }
  const [first, ...others] = volumes;
  others.forEach((other) => checkFits(first, other, checkPlaces));
  return others.length === 0 ? first.volume : stacked(volumes.map(({ volume }) => volume));
}

/** The treatment of NaN in `params.nan` of the request. @throws RequestError naming what there is */
function readNotFinite(asked: Json | undefined, otherwise: NotFinite): NotFinite {
  if (asked === undefined || asked === null) return otherwise;
  const choice = notFiniteChoices.find((one) => one === asked);
  if (choice) return choice;
  throw new RequestError(say`nan is ${JSON.stringify(asked)}; expected one of ${notFiniteChoices.join(', ')}`);
}

/** The images as channels of one, the first one's geometry. */
function stacked(volumes: readonly Volume[]): Volume {
  const [first] = volumes;
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
function checkFits(first: NamedVolume, other: NamedVolume, checkPlaces: NonNullable<FileReading['checkPlaces']>): void {
  const own = [first, other].find(({ volume }) => channelAxis(volume) >= 0);
  if (own)
    throw new ImageError('unreadable', say`"${own.name}" has channels of its own; each of several files is to be one channel of the image`);
  const [wanted, found] = [first, other].map(({ volume }) => volume.shape.join(' × '));
  if (wanted !== found)
    throw new ImageError('unreadable', say`"${first.name}" has ${wanted} voxels and "${other.name}" has ${found}; files that are channels of one image have one shape`);
  checkPlaces(first, other);
} // prettier-ignore

/** Whether the affines are the same. */
export const isSamePlace = ({ affine: a = [] }: Volume, { affine: b = [] }: Volume): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= SAME_PLACE);

function refuseOtherPlaces(first: NamedVolume, other: NamedVolume): void {
  if (isSamePlace(first.volume, other.volume)) return;
  const what = say`"${first.name}" and "${other.name}" do not lie at the same place (their affines differ); resample them to one grid first`;
  throw new ImageError('unreadable', what);
}

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
