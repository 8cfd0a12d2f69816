import { allocateUnset } from '../../../arena';
import { ImageError } from '../../image-error';
import type { NumericArray } from '../../volume';
import { checkVoxels } from '../../voxel-limit';
import { announceImage } from '../announced-image';
import type { DecodedImage, ReadOptions } from '../decoded-image';
import { inParallel } from '../file-head';
import { volumeOf } from '../image-plan';
import { InflatedSource } from './file/byte-source';
import { FrameError, type FrameTask, type Meaning } from './frames/decode-frame';
import { decodeInto } from './frames/decode-into';
import { layoutOf, type FrameArray } from './frames/frame';
import type { DicomFrame } from './image/frame';
import { withName } from './image/read-image';
import { groupedBy } from './series/same-grid';
import type { SliceStack } from './series/slice-stack';
import { say, type Sentence } from '../../../sentence';

const INFLATED_AT_ONCE = 4;

/**
 * Decodes slices into one volume: columns fastest, rows, slices, colours last. Stored values stay, with the slope and intercept all slices share; where they
 * differ, each slice is rescaled in float64 and rounded once to float32. @throws ImageError naming the file that cannot be decoded
 */
export async function readVolume(stack: SliceStack, name: string, { asFloat32 }: ReadOptions): Promise<DecodedImage> {
  const { slices, affine } = stack;
  const { format } = slices[0].object;
  const { channels, length } = layoutOf(format);
  const { columns, rows } = format;
  checkVoxels([columns, rows], [columns, rows, slices.length], channels, 'decoding');
  const common = asFloat32 ? undefined : commonForm(slices);
  const type = common?.type ?? Float32Array;
  const sizes = [channels, columns, rows, slices.length];
  const axes = { sizes, spatial: [1, 2, 3], channel: channels > 1 ? 0 : undefined };
  const header = volumeOf(axes, name, affine);
  // A frame that is being decoded, and its file, in each thread.
  const frames = 4 * length * Float64Array.BYTES_PER_ELEMENT;
  await announceImage({ volume: header, bytes: length * slices.length * type.BYTES_PER_ELEMENT + frames });
  const data = allocateUnset<NumericArray>(type, length * slices.length);
  const meaningOf = ({ meaning }: DicomFrame) => (common ? undefined : meaning);
  await decodeAll(slices.map((frame, at) => ({ frame, at: at * length, meaning: meaningOf(frame) })), data); // prettier-ignore

  const { slope = 1, intercept = 0 } = common ?? {};
  const volume = { data, ...header };
  return { format: 'dicom', volume, slope, intercept, warnings: warningsOf(slices, name) };
}

interface SliceTask {
  frame: DicomFrame;
  at: number;
  meaning?: Meaning;
  /** The inflated data set of a deflated file. */
  bytes?: Uint8Array;
}

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

/** Files are read where they lie; the content of deflated ones is in memory a few files at a time. */
async function decodeAll(tasks: readonly SliceTask[], data: NumericArray): Promise<void> {
  const isDeflated = ({ frame }: SliceTask) => frame.object.deflatedFrom !== undefined;
  const inflating = tasks.filter(isDeflated);
  await decodeTasks(tasks.filter((task) => !isDeflated(task)), data); // prettier-ignore
  const objects = [...new Set(inflating.map(({ frame }) => frame.object))];
  for (let at = 0; at < objects.length; at += INFLATED_AT_ONCE) {
    const some = objects.slice(at, at + INFLATED_AT_ONCE);
    const bytes = new Map(await inParallel(some, async (object) => [object, await inflatedPixels(object.frames)]));
    const these = inflating.filter(({ frame }) => bytes.has(frame.object));
    await decodeTasks(these.map((task) => ({ ...task, bytes: bytes.get(task.frame.object) })), data); // prettier-ignore
  }
}

async function decodeTasks(tasks: readonly SliceTask[], data: NumericArray): Promise<void> {
  const sources = tasks.map(({ frame, at, meaning, bytes }): FrameTask => {
    const { object, ranges, bitOffset } = frame;
    return { source: { path: object.path, bytes, ranges, bitOffset, format: object.format }, at, meaning };
  });
  try {
    await decodeInto(sources, data);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    const { object, index } = tasks[error.index].frame;
    const which = object.frames.length > 1 ? say`frame ${index + 1} of ${object.frames.length}: ` : '';
    throw withName(new ImageError(error.kind, say`${which}${error.said}`, { cause: error }), object.name);
  }
}

async function inflatedPixels(frames: readonly DicomFrame[]): Promise<Uint8Array> {
  const { path, deflatedFrom } = frames[0].object;
  const source = new InflatedSource(path, deflatedFrom!);
  try {
    const ends = frames.flatMap(({ ranges }) => ranges.map(({ at, length }) => at + length));
    return await source.read(0, ends.reduce((most, end) => Math.max(most, end), 0)); // prettier-ignore
  } finally {
    source.end();
  }
}

function warningsOf(slices: readonly DicomFrame[], name: string): Sentence[] {
  const objects = [...new Set(slices.map(({ object }) => object))];
  const told = objects.flatMap((object) => object.warnings.map((warning) => ({ warning, file: object.name })));
  return [...groupedBy(told, ({ warning }) => warning)].map(([warning, files]) => {
    const [{ file }] = files;
    if (files.length === 1) return say`"${file}" ${warning}.`;
    if (files.length === objects.length) return say`Each file of "${name}" ${warning}.`;
    return say`"${file}" ${warning}; the same holds for ${files.length - 1} more.`;
  });
}
