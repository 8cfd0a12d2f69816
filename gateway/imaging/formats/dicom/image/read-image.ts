import { basename } from 'node:path';
import { ImageError, unreadable, unsupported } from '../../../image-error';
import { checkVoxels } from '../../../voxel-limit';
import type { DataSet } from '../file/data-set';
import { openDicom, type OpenDicom } from '../file/open-dicom';
import { DOUBLE_PIXELS, FLOAT_PIXELS, tags } from '../file/tags';
import type { Palette, PixelFormat } from '../frames/frame';
import type { DicomFrame, DicomImage, FrameScopes } from './frame';
import { frameRanges } from './frame-ranges';
import { lookupTable, meaningOf } from './meaning';
import { placementsOf } from './placements';
import { traitsOf } from './traits';
import { say } from '../../../../sentence';

/**
 * The facts that a DICOM header tells of each frame, and where its bytes lie; undefined for an object without pixels. @param name @default its SOP Instance UID
 * @throws ImageError naming the file: it is not DICOM, damaged, or ends early; VoxelLimitError
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

export function withName(error: unknown, name: string): unknown {
  return error instanceof ImageError
    ? new ImageError(error.kind, say`"${name}": ${error.said}`, { cause: error.cause ?? error })
    : error;
}

async function imageIn(file: OpenDicom, name: string): Promise<DicomImage | undefined> {
  const { dataSet, meta, path, deflatedFrom } = file;
  const sopClass = dataSet.text(tags.sopClass) || meta.text(tags.mediaSopClass);
  const modality = dataSet.text(tags.modality);
  if (!file.pixelData) {
    if (isWithoutImage(sopClass, dataSet.has(tags.rows))) return undefined;
    throw unreadable(say`it is truncated: it is an image, and ends before its pixel data`);
  }
  const format = pixelFormatOf(file);
  const count = frameCount(dataSet);
  checkVoxels([format.columns, format.rows], [format.columns, format.rows, count], format.samplesPerPixel, 'decoding');
  const { places, warning } = await frameRanges(file, format, count);
  const scopes = scopesOf(dataSet, count);
  const placements = placementsOf(dataSet, scopes);
  const image: DicomImage = {
    ...{ path, name, sopClass, modality, format, deflatedFrom },
    sopInstance: dataSet.text(tags.sopInstance),
    series: dataSet.text(tags.series),
    description: dataSet.words(tags.seriesDescription),
    frameOfReference: dataSet.text(tags.frameOfReference),
    frames: [],
    warnings: warning ? [warning] : [],
  };
  image.frames = places.map((place, index): DicomFrame => {
    const told = meaningOf(scopes[index], format);
    if (told.warning && !image.warnings.includes(told.warning)) image.warnings.push(told.warning);
    const traits = traitsOf(scopes[index]);
    return { object: image, index, ...place, ...placements[index], meaning: told.meaning, traits };
  });
  return image;
}

function frameCount(dataSet: DataSet): number {
  const [count] = dataSet.vector(tags.frames, 1) ?? [1];
  if (count === 0) return 1;
  if (Number.isInteger(count) && count > 0) return count;
  throw unreadable(say`its Number of Frames is ${count}`);
}

function scopesOf(object: DataSet, count: number): FrameScopes[] {
  const [shared] = object.items(tags.sharedGroups);
  const frames = object.items(tags.frameGroups);
  if (frames.length > 0 && frames.length !== count) {
    const what = say`${count} frames, and functional groups of ${frames.length}`;
    throw unreadable(say`its header contradicts itself: ${what}`);
  }
  return Array.from({ length: count }, (_, at) => ({ frame: frames[at] as DataSet | undefined, shared, object }));
}

/** Below this UID lie the storage classes of images and of other objects. */
const STORAGE = '1.2.840.10008.5.1.4.1.1.';

/** Storage classes without pixels (PS3.4 B.5): waveforms, presentation states, documents, spectra and raw data, radiotherapy but its images and doses. */
const WITHOUT_PIXELS = ['4.2', '8', '9', '10', '11', '38', '39', '45', '66', '66.1', '66.2', '66.3', '66.5', '66.6', '67', '68', '78', '79', '80', '82', '88', '90', '104', '131', '200', '201', '481.3', '481.4', '481.5', '481.6', '481.7', '481.8', '481.9', '481.10', '481.11', '481.12']; // prettier-ignore

/** Whether objects of this class have no pixels; images of the standard without them were cut off. @param sized it has rows and columns */
function isWithoutImage(sopClass: string, sized: boolean): boolean {
  if (!sopClass.startsWith(STORAGE)) return sopClass !== '' && !sized;
  const end = sopClass.slice(STORAGE.length);
  return WITHOUT_PIXELS.some((kind) => end === kind || (kind !== '66' && end.startsWith(`${kind}.`)));
}

/** Segmentations (PS3.3 A.51), which this server writes and does not read. */
export const isSegmentation = (sopClass: string) => [`${STORAGE}66.4`, `${STORAGE}66.7`].includes(sopClass);

/** How the pixels of an object are written (PS3.3 C.7.6.3); what is missing follows from the rest. @throws ImageError */
function pixelFormatOf({ dataSet, pixelData, transferSyntax }: OpenDicom): PixelFormat {
  const number = (tag: number) => dataSet.u16(tag);
  const [rows = 0, columns = 0] = [number(tags.rows), number(tags.columns)];
  if (rows === 0 || columns === 0) throw unreadable(say`it has pixel data, but ${rows} rows and ${columns} columns`);
  if (transferSyntax === '')
    throw unreadable(say`its pixel data is compressed, and it has no file meta information that says how`);
  const { tag, vr } = pixelData!;
  const float = tag === FLOAT_PIXELS || tag === DOUBLE_PIXELS;
  const bitsAllocated = float ? (tag === DOUBLE_PIXELS ? 64 : 32) : (number(tags.bitsAllocated) ?? 16);
  const bitsStored = number(tags.bitsStored) ?? bitsAllocated;
  const signed = number(tags.pixelRepresentation) === 1;
  const samplesPerPixel = number(tags.samplesPerPixel) ?? 1;
  const photometricInterpretation =
    dataSet.text(tags.photometric).toUpperCase() || (samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2');
  return {
    ...{ transferSyntax, rows, columns, samplesPerPixel, photometricInterpretation, bitsAllocated, bitsStored, signed },
    planarConfiguration: number(tags.planarConfiguration) === 1 ? 1 : 0,
    highBit: number(tags.highBit) ?? bitsStored - 1,
    ...(float ? { float } : {}),
    ...(vr === 'OB' || vr === 'OW' ? { pixelVr: vr } : {}),
    ...(photometricInterpretation === 'PALETTE COLOR' ? { palette: paletteOf(dataSet, signed) } : {}),
  };
}

function paletteOf(dataSet: DataSet, signed: boolean): Palette {
  if (tags.segmentedPalettes.some((tag) => dataSet.has(tag)))
    throw unsupported(say`its palette is a segmented one; palettes with one entry for each value are read`);
  const [red, green, blue] = tags.paletteDescriptors.map((descriptor, at) =>
    lookupTable(dataSet, descriptor, tags.palettes[at], signed),
  );
  const bits = red.bits <= 8 ? 8 : 16;
  return { firstMapped: red.first, bits, red: red.entries, green: green.entries, blue: blue.entries };
}
