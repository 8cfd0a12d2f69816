import { ImageError } from '../../image-error';
import type { FileHead } from '../file-head';
import { HeaderField, readHeaderText } from '../text-header';

/** Fields of the format that say something of the image, as ITK spells them. */
const KNOWN = [
  ...['ObjectType', 'NDims', 'DimSize', 'ElementType', 'ElementNumberOfChannels', 'ElementDataFile', 'ElementSpacing'],
  ...['ElementSize', 'Offset', 'Position', 'Origin', 'ImagePosition', 'TransformMatrix', 'Rotation', 'Orientation'],
  ...['CenterOfRotation', 'DistanceUnits', 'AnatomicalOrientation', 'BinaryData', 'BinaryDataByteOrderMSB'],
  ...['ElementByteOrderMSB', 'CompressedData', 'CompressedDataSize', 'HeaderSize'],
  ...['ElementToIntensityFunctionSlope', 'ElementToIntensityFunctionOffset'],
] as const;
/** Fields of the format that say nothing of values or places. */
const ASIDE = [
  ...['Comment', 'ObjectSubType', 'TransformType', 'Name', 'ID', 'ParentID', 'AcquisitionDate', 'Color', 'Modality'],
  ...['SequenceID', 'ElementMin', 'ElementMax', 'ElementNBits', 'FileFormatVersion'],
] as const;

export type MetaFieldName = (typeof KNOWN)[number];
const names = new Map(KNOWN.map((name) => [name.toLowerCase(), name]));

/** The header of a MetaImage, field by field. Fields that say nothing of the image and those of users are left out. */
export interface MetaHeader {
  /** Name of the file, for messages. */
  name: string;
  fields: ReadonlyMap<MetaFieldName, HeaderField>;
  /** Names of the files after `ElementDataFile = LIST`. */
  list: readonly string[];
  /** The lines as they stand there, without those that say where and how the voxels are written. */
  kept: readonly string[];
  /** Where the voxels begin if they are in this file. */
  length: number;
  warnings: readonly string[];
}

const ABOUT_DATA: readonly MetaFieldName[] = [
  ...(['ElementDataFile', 'BinaryData', 'BinaryDataByteOrderMSB', 'ElementByteOrderMSB'] as const),
  ...(['CompressedData', 'CompressedDataSize', 'HeaderSize'] as const),
];

const LAST = /^[ \t]*ElementDataFile[ \t]*[=:]([^\n]*)\n/im;

/** True for the start of a file that is a MetaImage: its first field is one of the format, or a later one is `NDims`. */
export function isMetaImage(bytes: Buffer): boolean {
  const text = bytes.toString('latin1').replace(/^\s+/, '');
  const [, first] = /^([A-Za-z]+)[ \t]*[=:]/.exec(text) ?? [];
  const isFirst =
    first !== undefined && [...KNOWN, ...ASIDE].some((name) => name.toLowerCase() === first.toLowerCase());
  if (isFirst && /^[ \t]*(NDims|DimSize|Element[A-Za-z]+)[ \t]*[=:]/im.test(text)) return true;
  // Printable up to the field: what lies behind it may be voxels.
  const field = /^[ \t]*NDims[ \t]*[=:]/im.exec(text);
  return field !== null && !/[^\t\n\r -~\x80-\xff]/.test(text.slice(0, field.index));
}

/**
 * Reads a MetaImage header up to `ElementDataFile`, which is its last field. Fields may have any order and case and be parted by `=` or `:`;
 * numbers may go on in the next line, as MetaIO reads them.
 *
 * @throws ImageError when there is no such field, a line has no field, or a field stands there twice with other values
 * @see https://itk.org/Wiki/MetaIO/Documentation
 */
export async function readMetaHeader(head: FileHead): Promise<MetaHeader> {
  const { name } = head;
  const { text, length } = await readHeaderText(head, endOfHeader);
  const fields = new Map<MetaFieldName, HeaderField>();
  const [kept, list, warnings]: string[][] = [[], [], []];
  let previous: { key?: MetaFieldName } | undefined;
  for (const line of text.split('\n')) {
    if (fields.has('ElementDataFile')) {
      if (line.trim() !== '') list.push(line.trim());
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    const found = parted(line);
    if (!found && previous && /^[\d\s.eE+-]+$/.test(line)) {
      const before = previous.key && fields.get(previous.key);
      if (before) fields.set(previous.key!, fieldOf(name, before.name, `${before.value} ${line.trim()}`));
      if (!previous.key || !ABOUT_DATA.includes(previous.key)) kept.push(line.trimEnd());
      continue;
    }
    if (!found) {
      const what = `"${name}" has the line ${JSON.stringify(line.slice(0, 80))} in its header`;
      throw new ImageError('unreadable', `${what}, which is not a field of MetaImage ("name = value")`);
    }
    const key = names.get(found.name.toLowerCase());
    previous = { key };
    if (!key || !ABOUT_DATA.includes(key)) kept.push(line.trimEnd());
    if (!key) continue;
    const field = fieldOf(name, found.name, found.value);
    const before = fields.get(key);
    if (before && before.value !== field.value) throw field.wrong(`it stands there before as "${before.toString()}"`);
    fields.set(key, field);
    if (found.name !== key) warnings.push(`"${name}" spells "${key}" as "${found.name}"; ITK leaves such a field out`);
  }
  if (!fields.has('ElementDataFile'))
    throw new ImageError('unreadable', `"${name}" has no field "ElementDataFile" in its MetaImage header`);
  return { name, fields, list, kept, length, warnings };
}

/** Name and value of a line, parted by any number of `=` and `:`. */
function parted(line: string): { name: string; value: string } | undefined {
  const at = line.search(/[=:]/);
  return at < 0 ? undefined : { name: line.slice(0, at).trim(), value: valueOf(line.slice(at)) };
}

function valueOf(text: string): string {
  return text.replace(/^[=:\s]+/, '').trimEnd();
}

function fieldOf(file: string, name: string, value: string): HeaderField {
  return new HeaderField(file, name, value, ' = ');
}

/** After the line of `ElementDataFile`; a list of files after it goes on to the end. */
function endOfHeader(text: string): number {
  const last = LAST.exec(text);
  return last && !isMetaList(valueOf(last[1])) ? last.index + last[0].length : -1;
}

export function isMetaList(dataFile: string): boolean {
  return /^LIST(\s|$)/.test(dataFile);
}

/** True when the voxels follow the header in the same file. */
export function isLocal(dataFile: string): boolean {
  return dataFile.toLowerCase() === 'local';
}
