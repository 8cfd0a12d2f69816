import { unreadable, unsupported } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import { tags } from '../file/tags';
import type { Meaning } from '../frames/decode-frame';
import type { PixelFormat } from '../frames/frame';
import type { FrameScopes } from './frame';
import { say } from '../../../../sentence';

/** The meaning of the stored values of a frame, and the warnings about it. */
interface FrameMeaning {
  meaning: Meaning;
  warning?: string;
}

/**
 * From stored values to real ones: Pixel Value Transformation, else Modality LUT, else Rescale Slope and Intercept, else Dose Grid Scaling, else, with a
 * warning, the Real World Value Mapping. MONOCHROME1 is inverted in its stored values, as GDCM and ITK do: models are trained on what they read.
 * @throws ImageError for a slope of 0 and ambiguous mappings @see DICOM PS3.3 C.11.1, C.7.6.16.2.9, C.8.8.3, C.7.6.16.2.11
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
    const { first, entries } = lookupTable(lut, tags.lutDescriptor, tags.lutData, format.signed);
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
  throw unsupported(say`its ${what} is 0: all its voxels would have one value`);
}

function turnedRound(meaning: Meaning, largest: number): Meaning {
  if ('table' in meaning) {
    const { first, table } = meaning;
    return { first: largest - first - table.length + 1, table: Array.from(table).reverse() };
  }
  return { slope: -meaning.slope, intercept: meaning.slope * largest + meaning.intercept };
}

const signedWord = (word: number) => (word << 16) >> 16;

/**
 * A lookup table as its descriptor says (PS3.3 C.11.1.1): entries (0 is 65536), first value, signed as the pixels are, and bits per entry; entries of 8
 * bits may lie two in a word. @throws ImageError when there are too few
 */
export function lookupTable(set: DataSet, descriptor: number, data: number, signedPixels: boolean) {
  const [count, first, bits] = set.u16s(descriptor);
  const value = set.get(data);
  if (bits === undefined || !value) throw unreadable(say`its lookup table has no descriptor or no data`);
  const length = count || 65536;
  const isSigned = signedPixels || set.get(descriptor)!.vr === 'SS';
  const isPacked = value.bytes.length < 2 * length && bits <= 8;
  const inOrder = () => (value.encoding.bigEndian ? Buffer.from(value.bytes).swap16() : value.bytes);
  const values = isPacked ? inOrder() : set.u16s(data);
  if (values.length < length) throw unreadable(say`its lookup table has ${values.length} of ${length} entries`);
  return { first: isSigned ? signedWord(first) : first, bits, entries: Uint16Array.from(values.slice(0, length)) };
}

/** The Real World Value Mapping of a frame, if any (PS3.3 C.7.6.16.2.11). @throws ImageError for several, or a table that misses stored values */
function realWorldMapping({ frame, shared, object }: FrameScopes, format: PixelFormat): FrameMeaning | undefined {
  const items = [frame, shared, object]
    .map((set) => set?.items(tags.realWorldValueMapping) ?? [])
    .find((list) => list.length > 0);
  if (!items) return undefined;
  if (items.length > 1) {
    const list = items.map((item) => nameOf(item) || 'one without a name').join(', ');
    const what = say`it has no rescale and ${items.length} real world value mappings (${list})`;
    throw unsupported(say`${what}; which is meant cannot be guessed`);
  }
  const [item] = items;
  const name = nameOf(item);
  const warning = `has no rescale: its Real World Value Mapping${name && ` (${name})`} was applied, which ITK does not do`;
  const table = item.f64s(tags.mappingTable);
  if (table.length > 0) return { meaning: { first: firstOf(item, table, format), table }, warning };
  const [[slope], [intercept]] = [item.f64s(tags.mappingSlope), item.f64s(tags.mappingIntercept)];
  if (slope === undefined || intercept === undefined || slope === 0 || !Number.isFinite(slope + intercept))
    throw unreadable(say`its Real World Value Mapping has the slope ${slope} and the intercept ${intercept}`);
  return { meaning: { slope, intercept }, warning };
}

function nameOf(item: DataSet): string {
  return item.text(tags.mappingLabel) || (item.items(tags.measurementUnits)[0]?.text(tags.codeMeaning) ?? '');
}

/** Stored value of the first entry. @throws ImageError unless there is an entry for each value that the pixels can have */
function firstOf(item: DataSet, { length }: readonly number[], { signed, bitsStored }: PixelFormat): number {
  const stored = item.u16(tags.firstMapped);
  const first = stored === undefined ? NaN : signed ? signedWord(stored) : stored;
  const [lowest, highest] = signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
  if (first <= lowest && first + length - 1 >= highest) return first;
  const table = say`a table for stored values from ${first} to ${first + length - 1}`;
  throw unsupported(say`its Real World Value Mapping is ${table}, and its pixels go from ${lowest} to ${highest}`);
}
