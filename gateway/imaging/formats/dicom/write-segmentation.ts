import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Image } from 'itk-wasm' with { 'resolution-mode': 'import' };
import { spatialShape } from '../../volume';
import type { Affine, Volume } from '../../volume';
import { lpsOf } from '../lps-geometry';
import { writtenArray } from '../written-array';
import { readSliceHeader } from './read-header';

export interface Segment {
  /** Value of its voxels, 1 to 32767. */
  value: number;
  name: string;
}

export interface SegmentationOptions {
  /** Folder of the series that was segmented. */
  series: string;
  segments: readonly Segment[];
  /** Name of what made the segments. */
  algorithm: string;
  /** The file to write. */
  path: string;
}

const TEXT = 64;
/** Colours by which neighbours are told apart; the first come first. */
const COLOURS = [[220, 60, 50], [60, 160, 75], [70, 110, 220], [240, 190, 40], [150, 70, 190], [60, 190, 200]]; // prettier-ignore
const TISSUE = { CodeValue: '85756007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Tissue' };

/**
 * Writes a label map as a DICOM Segmentation object (binary; one segment per label, empty slices left out) that refers to the images of the
 * series and takes patient, study and frame of reference from them.
 *
 * @see DICOM PS3.3 A.51
 */
export async function writeSegmentation(volume: Volume, options: SegmentationOptions): Promise<void> {
  const { writeSegmentationNode } = await import('@itk-wasm/dicom');
  const images = await imagesOf(options.series);
  try {
    await writeSegmentationNode(labelImage(volume), metaOf(options), resolve(options.path), {
      refDicomSeries: images,
      skipEmptySlices: true,
    });
  } catch (cause) {
    // An aborted WebAssembly program throws the address of a C++ exception: a number, not an Error.
    const reason = cause instanceof Error ? `: ${cause.message.trim().split('\n').pop()}` : '';
    throw new Error(`the DICOM segmentation cannot be written${reason}`, { cause });
  }
}

/** The files that hold images; reports and the like stand beside them. */
async function imagesOf(series: string): Promise<string[]> {
  const images: string[] = [];
  for (const name of (await readdir(series)).sort()) {
    const path = resolve(join(series, name));
    if (await readSliceHeader(path, name)) images.push(path);
  }
  return images;
}

/** The label map as ITK's image of 16-bit integers: the program takes no other voxels. */
function labelImage(volume: Volume): Image {
  const { origin, steps } = lpsOf(volume.affine as Affine);
  const spacing = steps.map((step) => Math.hypot(...step));
  const direction = Float64Array.from({ length: 9 }, (_, i) => steps[i % 3][Math.floor(i / 3)] / spacing[i % 3]);
  const { bytes } = writtenArray(volume, 'int16');
  return {
    imageType: { dimension: 3, componentType: 'int16', pixelType: 'Scalar', components: 1 },
    name: 'segmentation',
    origin,
    spacing,
    direction,
    size: [...spatialShape(volume)],
    metadata: new Map(),
    data: new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2),
  } as unknown as Image;
}

/** What the images cannot say, in dcmqi's JSON form. */
function metaOf({ segments, algorithm }: SegmentationOptions) {
  const maker = algorithm.slice(0, TEXT);
  return {
    ContentCreatorName: 'AIAA',
    SeriesDescription: `Segmentation ${maker}`.slice(0, TEXT),
    SeriesNumber: '300',
    InstanceNumber: '1',
    segmentAttributes: [
      segments.map(({ value, name }, at) => ({
        labelID: value,
        SegmentLabel: name.slice(0, TEXT),
        SegmentDescription: name.slice(0, TEXT),
        SegmentAlgorithmType: 'AUTOMATIC',
        SegmentAlgorithmName: maker,
        SegmentedPropertyCategoryCodeSequence: TISSUE,
        SegmentedPropertyTypeCodeSequence: TISSUE,
        recommendedDisplayRGBValue: COLOURS[at % COLOURS.length],
      })),
    ],
  };
}
