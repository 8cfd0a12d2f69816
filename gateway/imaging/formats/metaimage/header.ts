import type { FileHead } from '../file-head';
import { HeaderField, readHeaderText, TextHeader } from '../text-header';

/** Fields that say where and how the voxels are written. */
const ABOUT_DATA = [
  ...['ElementDataFile', 'BinaryData', 'BinaryDataByteOrderMSB', 'ElementByteOrderMSB', 'CompressedData'],
  ...['CompressedDataSize', 'HeaderSize'],
] as const;
/** Fields of the format that say something of the image, as ITK spells them. */
const KNOWN = [
  ...['ObjectType', 'NDims', 'DimSize', 'ElementType', 'ElementNumberOfChannels', 'ElementSpacing', 'ElementSize'],
  ...['Offset', 'Position', 'Origin', 'ImagePosition', 'TransformMatrix', 'Rotation', 'Orientation'],
  ...['CenterOfRotation', 'DistanceUnits', 'AnatomicalOrientation'],
  ...['ElementToIntensityFunctionSlope', 'ElementToIntensityFunctionOffset'],
  ...ABOUT_DATA,
] as const;
/** Fields of the format that say nothing of values or places. */
const ASIDE = [
  ...['Comment', 'ObjectSubType', 'TransformType', 'Name', 'ID', 'ParentID', 'AcquisitionDate', 'Color', 'Modality'],
  ...['SequenceID', 'ElementMin', 'ElementMax', 'ElementNBits', 'FileFormatVersion'],
];

export type MetaKey = (typeof KNOWN)[number];
/** Fields that say nothing of the image and those of users are left out. */
export type MetaHeader = TextHeader<MetaKey>;

const keys = new Map(KNOWN.map((name) => [name.toLowerCase(), name]));
const firstFields = new Set([...KNOWN, ...ASIDE].map((name) => name.toLowerCase()));
const isAboutData = (key: MetaKey | undefined) => (ABOUT_DATA as readonly unknown[]).includes(key);

const LAST = /^[ \t]*ElementDataFile[ \t]*[=:]([^\n]*)\n/im;

/** True for the start of a file that is a MetaImage: its first field is one of the format, or a later one is `NDims`. */
export function isMetaImage(bytes: Buffer): boolean {
  const text = bytes.toString('latin1').replace(/^\s+/, '');
  const [, first = ''] = /^([A-Za-z]+)[ \t]*[=:]/.exec(text) ?? [];
  const isFirst = firstFields.has(first.toLowerCase());
  if (isFirst && /^[ \t]*(NDims|DimSize|Element[A-Za-z]+)[ \t]*[=:]/im.test(text)) return true;
  // Printable up to the field: what follows it may be voxels.
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
  const header: MetaHeader = new TextHeader(name, 'MetaImage', length);
  const { fields, kept } = header;
  let previous: { key?: MetaKey } | undefined;
  for (const line of text.split('\n')) {
    if (fields.has('ElementDataFile')) {
      if (line.trim() !== '') header.list.push(line.trim());
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    const at = line.search(/[=:]/);
    if (at < 0 && previous && /^[\d\s.eE+-]+$/.test(line)) {
      const before = previous.key && fields.get(previous.key);
      if (before) fields.set(previous.key!, fieldOf(name, before.name, `${before.value} ${line.trim()}`));
      if (!isAboutData(previous.key)) kept.push(line.trimEnd());
      continue;
    }
    if (at < 0) throw header.strange(line, 'not a field of MetaImage ("name = value")');
    const field = fieldOf(name, line.slice(0, at).trim(), valueOf(line.slice(at)));
    const key = keys.get(field.name.toLowerCase());
    previous = { key };
    if (!isAboutData(key)) kept.push(line.trimEnd());
    if (!key) continue;
    const before = fields.get(key);
    if (before && before.value !== field.value) throw field.wrong(`it stands there before as "${before.toString()}"`);
    fields.set(key, field);
    if (field.name !== key) header.warn(`spells "${key}" as "${field.name}"; ITK leaves such a field out`);
  }
  header.required('ElementDataFile');
  return header;
}

/** What follows a name: the value after any number of `=` and `:`. */
function valueOf(text: string): string {
  return text.replace(/^[=:\s]+/, '').trimEnd();
}

function fieldOf(file: string, name: string, value: string): HeaderField {
  return new HeaderField(file, name, value, ' = ');
}

/** After the line of `ElementDataFile`; a list of files after it goes on to the end. */
function endOfHeader(text: string): number {
  const last = LAST.exec(text);
  return last && !/^LIST(\s|$)/.test(valueOf(last[1])) ? last.index + last[0].length : -1;
}
