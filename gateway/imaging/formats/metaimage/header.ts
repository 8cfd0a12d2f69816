import type { Affine } from '../../volume';
import type { FileHead } from '../file-head';
import { HeaderField, lengthUnit, readHeaderText, TextHeader } from '../text-header';
import { spanningAffine } from '../vectors';
import { say } from '../../../sentence';

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

type MetaKey = (typeof KNOWN)[number];
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
 * Reads a MetaImage header up to `ElementDataFile`; fields in any order and case, with `=` or `:`, numbers may go on in the next line, as in MetaIO.
 * @throws ImageError for lines without a field and fields twice with other values @see https://itk.org/Wiki/MetaIO/Documentation
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
    if (at < 0) throw header.strange(line, say`not a field of MetaImage ("name = value")`);
    const field = fieldOf(name, line.slice(0, at).trim(), valueOf(line.slice(at)));
    const key = keys.get(field.name.toLowerCase());
    previous = { key };
    if (!isAboutData(key)) kept.push(line.trimEnd());
    if (!key) continue;
    const before = fields.get(key);
    if (before && before.value !== field.value)
      throw field.wrong(say`it stands there before as "${before.toString()}"`);
    fields.set(key, field);
    if (field.name !== key) header.warn(say`spells "${key}" as "${field.name}"; ITK leaves such a field out`);
  }
  header.required('ElementDataFile');
  return header;
}

const valueOf = (text: string) => text.replace(/^[=:\s]+/, '').trimEnd();
const fieldOf = (file: string, name: string, value: string) => new HeaderField(file, name, value, ' = ');

/** After the line of `ElementDataFile`; a list of files after it goes on to the end. */
function endOfHeader(text: string): number {
  const last = LAST.exec(text);
  return last && !/^LIST(\s|$)/.test(valueOf(last[1])) ? last.index + last[0].length : -1;
}

/**
 * Where the voxels lie, as ITK reads it: `TransformMatrix` holds directions in LPS, each times its `ElementSpacing`; `Offset` is the first voxel's centre.
 * @param dims number of axes: 2, 3, or 4 of which the last one is time or channels
 * @throws ImageError for numbers that are missing, 0 or contradict each other, and for lengths that are not millimetres
 */
export function affineOfMeta(header: MetaHeader, dims: number): Affine {
  const spacingField = header.get('ElementSpacing') ?? header.get('ElementSize');
  const matrixField = oneOf(header, ['TransformMatrix', 'Rotation', 'Orientation'], dims * dims);
  const offsetField = oneOf(header, ['Offset', 'Position', 'Origin', 'ImagePosition'], dims);
  const spacing = spacingField?.exactly(dims) ?? new Array<number>(dims).fill(1);
  if (spacing.includes(0)) throw spacingField!.wrong('a voxel size cannot be 0');
  const matrix = matrixField?.exactly(dims * dims);
  const offset = offsetField?.exactly(dims) ?? new Array<number>(dims).fill(0);

  const missing = [
    ...(spacingField ? [] : ['ElementSpacing (1 mm)']),
    ...(matrix ? [] : ['TransformMatrix (axes to the left, to the back, up)']),
    ...(offsetField ? [] : ['Offset (0)']),
  ];
  if (missing.length > 0) header.warn(say`does not give ${missing.join(', ')}, which is taken as ITK takes it`);
  warnOfRest(header, matrix !== undefined);
  const units = header.get('DistanceUnits');
  const meaning = units && lengthUnit(units.value);
  if (meaning === 'other') throw units!.wrong('lengths are read in mm; write the image in mm', 'unsupported');
  if (meaning === 'unknown') header.warn(say`has the field "${units!.toString()}", which is read as mm`);

  const spatial = Math.min(dims, 3);
  const directions = Array.from({ length: dims }, (_, axis) =>
    Array.from({ length: dims }, (__, d) => (matrix ? matrix[dims * axis + d] : Number(axis === d))),
  );
  const mixes = dims > 3 && directions.some((vector, axis) => vector.some((v, d) => v !== 0 && axis < 3 !== d < 3));
  if (mixes) throw matrixField!.wrong('axes that mix space and the fourth dimension are not read', 'unsupported');
  const steps = directions
    .slice(0, spatial)
    .map((vector, axis) => vector.slice(0, spatial).map((v) => v * spacing[axis]));
  const affine = spanningAffine({ origin: offset.slice(0, spatial), steps });
  if (!affine) throw matrixField!.wrong('these directions do not span space');
  return affine;
}

function oneOf(header: MetaHeader, names: readonly MetaKey[], count: number): HeaderField | undefined {
  const present = names.map((name) => header.get(name)).filter((field) => field !== undefined);
  const values = present.map((field) => field.exactly(count).join(' '));
  const other = values.findIndex((value) => value !== values[0]);
  if (other > 0) throw present[other].wrong(`it contradicts the field "${present[0].toString()}"`);
  return present[0];
}

/** Fields that ITK reads past, where they say more than nothing. */
function warnOfRest(header: MetaHeader, hasMatrix: boolean): void {
  const tell = (key: MetaKey, says: (field: HeaderField) => boolean, what: string) => {
    const field = header.get(key);
    if (field && says(field)) header.warn(say`has the field "${field.toString()}"; ITK does not ${what}`);
  };
  const isNot = (usual: number) => (field: HeaderField) => field.exactly(1)[0] !== usual;
  const movesCentre = (field: HeaderField) => field.numbers().some((value) => value !== 0);
  tell('CenterOfRotation', movesCentre, 'use it for images, nor does this server');
  const turns = ({ value }: HeaderField) => !hasMatrix && !/^(RAI|LPS|\?*)$/i.test(value);
  tell('AnatomicalOrientation', turns, 'use it, nor does this server: TransformMatrix places an image');
  tell('ElementToIntensityFunctionSlope', isNot(1), 'rescale voxels by it, nor does this server');
  tell('ElementToIntensityFunctionOffset', isNot(0), 'rescale voxels by it, nor does this server');
}
