import { ImageError } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { PixelFormat } from '../frames/frame';
import type { Meaning } from '../frames/write-frame';
import { lookupTable } from './lookup-table';
import { realWorldMapping } from './real-world-mapping';
import type { FrameMeaning, FrameScopes } from './scopes';

/**
 * From the stored values of a frame to real ones: its Pixel Value Transformation, else the Modality LUT, else Rescale Slope and Intercept, else
 * the Dose Grid Scaling, else, with a warning, the Real World Value Mapping. MONOCHROME1 is turned round in its stored values, as GDCM and ITK do:
 * models are trained on what they read. Colours mean themselves.
 *
 * @throws ImageError for a slope of 0, and for mappings of which nothing says which is meant
 * @see DICOM PS3.3 C.11.1, C.7.6.16.2.9, C.8.8.3, C.7.6.16.2.11
 */
export function meaningOf(scopes: FrameScopes, format: PixelFormat): FrameMeaning {
  if (format.samplesPerPixel > 1 || format.palette) return { meaning: { slope: 1, intercept: 0 } };
  const found = mapping(scopes, format);
  if (format.photometricInterpretation !== 'MONOCHROME1' || format.float) return found;
  const largest = format.signed ? -1 : 2 ** format.bitsStored - 1;
  const warning = 'is MONOCHROME1 (its largest value is black): its stored values were turned round, as ITK does';
  return { meaning: turnedRound(found.meaning, largest), warning: found.warning ?? warning };
}

function mapping(scopes: FrameScopes, format: PixelFormat): FrameMeaning {
  const { frame, shared, object } = scopes;
  const inGroups = [frame, shared]
    .map((groups) => groups?.items(tags.pixelValueTransformation)[0])
    .find((item) => item);
  if (inGroups) return { meaning: rescaleIn(inGroups) };
  const [lut] = object.items(tags.modalityLut);
  if (lut) {
    const { first, entries } = lookupTable(lut, { descriptor: tags.lutDescriptor, data: tags.lutData }, format.signed);
    return { meaning: { first, table: entries } };
  }
  if (object.text(tags.slope) !== '' || object.text(tags.intercept) !== '') return { meaning: rescaleIn(object) };
  const [scaling] = object.numbers(tags.doseGridScaling) ?? [];
  if (scaling !== undefined) {
    const units = object.text(tags.doseUnits);
    const warning = `is a dose: the Dose Grid Scaling of ${scaling}${units && ` (${units})`} was applied, which ITK does not do`;
    return { meaning: { slope: nonZero(scaling, 'Dose Grid Scaling'), intercept: 0 }, warning };
  }
  return realWorldMapping(scopes, format) ?? { meaning: { slope: 1, intercept: 0 } };
}

function rescaleIn(set: DataSet): Meaning {
  const [slope = 1] = set.vector(tags.slope, 1) ?? [];
  const [intercept = 0] = set.vector(tags.intercept, 1) ?? [];
  return { slope: nonZero(slope, 'Rescale Slope'), intercept };
}

function nonZero(slope: number, what: string): number {
  if (slope !== 0) return slope;
  throw new ImageError('unsupported', `its ${what} is 0: all its voxels would have one value`);
}

/** What `largest - stored` means. */
function turnedRound(meaning: Meaning, largest: number): Meaning {
  if ('table' in meaning) {
    const { first, table } = meaning;
    return { first: largest - first - table.length + 1, table: Array.from(table).reverse() };
  }
  return { slope: -meaning.slope, intercept: meaning.slope * largest + meaning.intercept };
}
