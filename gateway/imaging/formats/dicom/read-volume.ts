import { allocateUnset } from '../../../arena';
import { ImageError } from '../../image-error';
import { firstAxisFastest, type NumericArray, type Volume } from '../../volume';
import { checkVoxels } from '../../voxel-limit';
import type { DecodedImage } from '../decoded-image';
import { InflatedSource } from './file/inflated';
import { decodeInto, FrameError, type FrameTask } from './frames/decode-into';
import { layoutOf, type FrameArray } from './frames/frame';
import type { Meaning } from './frames/write-frame';
import type { DicomFrame } from './image/frame';
import { withName } from './image/read-image';
import type { SliceStack } from './series/slice-stack';

export interface VolumeOptions {
  /** Real values in float32, whatever is stored. @default false: stored values where all slices mean the same by them */
  asFloat32?: boolean;
}

/** Deflated files that are in memory at a time. */
const INFLATED_AT_ONCE = 4;

/**
 * Decodes slices into one volume: columns fastest, then rows, then slices; colours are a last axis. Stored values stay as they are, with the slope and
 * the intercept that all slices have in common; where they differ, every slice is rescaled by its own in float64 and rounded once to float32.
 *
 * @param name what the user calls the image
 * @throws ImageError naming the file that cannot be decoded
 */
export async function readVolume({ slices, affine }: SliceStack, name: string, options: VolumeOptions = {}): Promise<DecodedImage> {
  const [{ object: { format } }] = slices;
  const { channels, length } = layoutOf(format);
  checkVoxels([format.columns, format.rows], [format.columns, format.rows, slices.length], channels, 'decoding');
  const common = options.asFloat32 ? undefined : commonForm(slices);
  const data = allocateUnset<NumericArray>(common?.type ?? Float32Array, length * slices.length);
  const tasks = slices.map((frame, at): SliceTask => ({ frame, at: at * length, meaning: common ? undefined : frame.meaning }));
  await decodeAll(tasks, data);

  const spatial = [format.columns, format.rows, slices.length];
  const strides = firstAxisFastest([channels, ...spatial]).slice(1);
  const coloured = channels > 1;
  const volume: Volume = {
    data,
    shape: coloured ? [...spatial, channels] : spatial,
    strides: coloured ? [...strides, 1] : strides,
    axes: coloured ? 'XYZC' : 'XYZ',
    affine,
    properties: { originalAffine: affine, filename: name, originalChannelDim: coloured ? 3 : 'no_channel' },
  };
  return { format: 'dicom', volume, slope: common?.slope ?? 1, intercept: common?.intercept ?? 0, warnings: warningsOf(slices, name) };
} // prettier-ignore

interface SliceTask {
  frame: DicomFrame;
  at: number;
  meaning?: Meaning;
}

/** Type, slope and intercept that all slices share; undefined when they share none. */
function commonForm(slices: readonly DicomFrame[]): { type: FrameArray; slope: number; intercept: number } | undefined {
  const [first] = slices;
  const { type } = layoutOf(first.object.format);
  const { meaning } = first;
  if ('table' in meaning) return undefined;
  const { slope, intercept } = meaning;
  const same = (other: Meaning) => 'slope' in other && other.slope === slope && other.intercept === intercept;
  const objects = new Set(slices.map(({ object }) => object));
  const alike = [...objects].every(({ format }) => layoutOf(format).type === type);
  return alike && slices.every((slice) => same(slice.meaning)) ? { type, slope, intercept } : undefined;
}

/** Files are read where they lie; what deflated ones hold is in memory a few files at a time. */
async function decodeAll(tasks: readonly SliceTask[], data: NumericArray): Promise<void> {
  const inflating = tasks.filter(({ frame }) => frame.object.deflatedFrom !== undefined);
  const plain = tasks.filter(({ frame }) => frame.object.deflatedFrom === undefined);
  await decodeTasks(plain, data, new Map());
  const objects = [...new Set(inflating.map(({ frame }) => frame.object))];
  for (let at = 0; at < objects.length; at += INFLATED_AT_ONCE) {
    const some = objects.slice(at, at + INFLATED_AT_ONCE);
    const bytes = new Map(await Promise.all(some.map(async (object) => [object, await inflatedPixels(object.frames)] as const)));
    await decodeTasks(inflating.filter(({ frame }) => bytes.has(frame.object)), data, bytes);
  }
} // prettier-ignore

async function decodeTasks(
  tasks: readonly SliceTask[],
  data: NumericArray,
  inflated: ReadonlyMap<DicomFrame['object'], Uint8Array>,
): Promise<void> {
  const sources = tasks.map(({ frame, at, meaning }): FrameTask => {
    const { object, ranges, bitOffset } = frame;
    const place = inflated.has(object) ? { bytes: inflated.get(object) } : { path: object.path };
    return { source: { ...place, ranges, bitOffset, format: object.format }, at, meaning };
  });
  try {
    await decodeInto(sources, data);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const { object, index } = tasks[error.index].frame;
    const which = object.frames.length > 1 ? `frame ${index + 1} of ${object.frames.length}: ` : '';
    throw withName(new ImageError(error.kind, which + error.message, { cause: error }), object.name);
  }
}

async function inflatedPixels([first, ...more]: readonly DicomFrame[]): Promise<Uint8Array> {
  const { path, deflatedFrom } = first.object;
  const source = new InflatedSource(path, deflatedFrom!);
  try {
    const ends = [first, ...more].flatMap(({ ranges }) => ranges.map(({ at, length }) => at + length));
    return await source.read(0, ends.reduce((most, end) => Math.max(most, end), 0));
  } finally {
    source.end();
  }
} // prettier-ignore

/** Each once, with the files it holds for. */
function warningsOf(slices: readonly DicomFrame[], name: string): string[] {
  const objects = new Set(slices.map(({ object }) => object));
  const files = new Map<string, string[]>();
  for (const object of objects) for (const warning of object.warnings) append(files, warning, object.name);
  return [...files].map(([warning, [first, ...more]]) => {
    if (more.length === 0) return `"${first}" ${warning}.`;
    if (more.length + 1 === objects.size) return `Each file of "${name}" ${warning}.`;
    return `"${first}" ${warning}; the same holds for ${more.length} more.`;
  });
}

function append(lists: Map<string, string[]>, key: string, value: string): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
