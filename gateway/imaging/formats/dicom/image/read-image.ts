import { basename } from 'node:path';
import { ImageError } from '../../../image-error';
import { checkVoxels } from '../../../voxel-limit';
import type { DataSet } from '../file/data-set';
import { openDicom, type OpenDicom } from '../file/open-dicom';
import { tags } from '../file/tags';
import type { DicomFrame, DicomImage } from './frame';
import { frameRanges } from './frame-ranges';
import { isWithoutImage } from './kinds';
import { meaningOf } from './meaning';
import { pixelFormatOf } from './pixel-format';
import { placementsOf } from './placements';
import type { FrameScopes } from './scopes';
import { traitsOf } from './traits';

/**
 * The image in a DICOM file: what its header says of each frame, and where their bytes lie; no pixel is read. Undefined for an object of a kind
 * that has none (report, structure set, DICOMDIR).
 *
 * @param name what the user calls the file. @default its SOP Instance UID
 * @throws ImageError naming the file: it is not DICOM, or its header or its pixel data is damaged or ends early
 * @throws VoxelLimitError
 */
export async function readImage(path: string, name?: string): Promise<DicomImage | undefined> {
  let called = name ?? basename(path);
  try {
    return await openDicom(path, (file) => {
      called = name ?? (file.dataSet.text(tags.sopInstance) || called);
      return imageIn(file, called);
    });
  } catch (error) {
    throw withName(error, called);
  }
}

/** Errors below do not know what the file is called. */
export function withName(error: unknown, name: string): unknown {
  return error instanceof ImageError
    ? new ImageError(error.kind, `"${name}": ${error.message}`, { cause: error.cause ?? error })
    : error;
}

async function imageIn(file: OpenDicom, name: string): Promise<DicomImage | undefined> {
  const { dataSet, meta } = file;
  const sopClass = dataSet.text(tags.sopClass) || meta.text(tags.mediaSopClass);
  const modality = dataSet.text(tags.modality);
  if (!file.pixelData) {
    if (isWithoutImage(sopClass, dataSet.has(tags.rows))) return undefined;
    throw new ImageError('unreadable', 'it is truncated: it is an image, and ends before its pixel data');
  }
  const format = pixelFormatOf(file);
  const count = frameCount(dataSet);
  checkVoxels([format.columns, format.rows], [format.columns, format.rows, count], format.samplesPerPixel, 'decoding');
  const { places, warning } = await frameRanges(file, format, count);
  const scopes = scopesOf(dataSet, count);
  const placements = placementsOf(dataSet, scopes);
  const image: DicomImage = {
    path: file.path,
    name,
    sopClass,
    sopInstance: dataSet.text(tags.sopInstance),
    series: dataSet.text(tags.series),
    description: dataSet.words(tags.seriesDescription),
    modality,
    frameOfReference: dataSet.text(tags.frameOfReference),
    format,
    deflatedFrom: file.deflatedFrom,
    frames: [],
    warnings: warning ? [warning] : [],
  };
  image.frames = places.map((place, index): DicomFrame => {
    const told = meaningOf(scopes[index], format);
    if (told.warning && !image.warnings.includes(told.warning)) image.warnings.push(told.warning);
    return {
      object: image,
      index,
      ...place,
      ...placements[index],
      meaning: told.meaning,
      traits: traitsOf(scopes[index]),
    };
  });
  return image;
}

/** Number of Frames; 1 where it is missing, empty or 0. */
function frameCount(dataSet: DataSet): number {
  const [count] = dataSet.vector(tags.frames, 1) ?? [1];
  if (count === 0) return 1;
  if (Number.isInteger(count) && count > 0) return count;
  throw new ImageError('unreadable', `its Number of Frames is ${count}`);
}

/** The functional groups of each frame, where the object has some. */
function scopesOf(object: DataSet, count: number): FrameScopes[] {
  const [shared] = object.items(tags.sharedGroups);
  const frames = object.items(tags.frameGroups);
  if (frames.length > 0 && frames.length !== count)
    throw new ImageError('unreadable', `its header contradicts itself: ${count} frames, and functional groups of ${frames.length}`);
  return Array.from({ length: count }, (_, at) => ({ frame: frames[at] as DataSet | undefined, shared, object }));
} // prettier-ignore
