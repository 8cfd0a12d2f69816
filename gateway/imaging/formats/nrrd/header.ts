import { ImageError } from '../../image-error';
import type { FileHead } from '../file-head';
import { HeaderField, readHeaderText } from '../text-header';

/** Fields of the format, without the blanks that their names may have; `centers` is an old name. */
const KNOWN = [
  ...['content', 'number', 'type', 'blocksize', 'dimension', 'space', 'spacedimension', 'sizes', 'spacings'],
  ...['thicknesses', 'axismins', 'axismaxs', 'spacedirections', 'centerings', 'centers', 'kinds', 'labels', 'units'],
  ...['min', 'max', 'oldmin', 'oldmax', 'endian', 'encoding', 'lineskip', 'byteskip', 'sampleunits', 'spaceunits'],
  ...['spaceorigin', 'measurementframe', 'datafile'],
] as const;

export type NrrdFieldName = (typeof KNOWN)[number];
const isKnown = (name: string): name is NrrdFieldName => (KNOWN as readonly string[]).includes(name);

/** The header of a NRRD file, field by field. Comments and pairs of key and value tell nothing of the image and are left out. */
export interface NrrdHeader {
  /** Name of the file, for messages. */
  name: string;
  fields: ReadonlyMap<NrrdFieldName, HeaderField>;
  /** Names of the files after `data file: LIST`. */
  list: readonly string[];
  /** The lines as they stand there, without those of `data file`, its list, and how the voxels are written. */
  kept: readonly string[];
  /** Where the voxels begin if they are in this file. */
  length: number;
}

/** Fields that say where and how the voxels are written. */
const ABOUT_DATA: readonly NrrdFieldName[] = ['datafile', 'encoding', 'lineskip', 'byteskip', 'endian'];

/**
 * Reads the header of NRRD00.01 and NRRD0001 to NRRD0005. Names of fields count in any case; lines may end with LF or CR LF.
 *
 * @throws ImageError for other versions, lines that are neither field nor pair of key and value, unknown fields and fields that stand there twice
 * @see http://teem.sourceforge.net/nrrd/format.html
 */
export async function readNrrdHeader(head: FileHead): Promise<NrrdHeader> {
  const { name } = head;
  const { text, length } = await readHeaderText(head, endOfHeader);
  const [magic, ...lines] = text.split(/\r?\n/);
  if (!/^NRRD(00\.01|000[1-5])\s*$/.test(magic)) {
    const what = `"${name}" begins with ${JSON.stringify(magic.slice(0, 20))}; NRRD0001 to NRRD0005 are read`;
    throw new ImageError('unsupported', what);
  }
  const fields = new Map<NrrdFieldName, HeaderField>();
  const kept = [magic];
  const list: string[] = [];
  for (const line of lines) {
    if (line === '') break;
    if (fields.has('datafile') && isList(fields.get('datafile')!.value)) list.push(line.trim());
    else {
      const field = fieldOf(line, name);
      if (field && fields.has(field.key)) throw field.wrong('it stands there twice');
      if (field) fields.set(field.key, field);
      if (!field || !ABOUT_DATA.includes(field.key)) kept.push(line);
    }
  }
  return { name, fields, list, kept, length };
}

/** After the first empty line. */
function endOfHeader(text: string): number {
  const end = /\n\r?\n/.exec(text);
  return end ? end.index + end[0].length : -1;
}

export function isList(dataFile: string): boolean {
  return /^LIST(\s|$)/.test(dataFile);
}

class NrrdField extends HeaderField {
  constructor(
    file: string,
    readonly key: NrrdFieldName,
    name: string,
    value: string,
  ) {
    super(file, name, value, ': ');
  }
}

/** The field in a line; undefined for comments and pairs of key and value. */
function fieldOf(line: string, file: string): NrrdField | undefined {
  if (line.startsWith('#')) return undefined;
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const key = name.replace(/ /g, '').toLowerCase();
  if (colon >= 0 && line[colon + 1] !== '=' && isKnown(key))
    return new NrrdField(file, key, name, line.slice(colon + 1).trim());
  if (line.includes(':=')) return undefined;
  const what = `"${file}" has the line ${JSON.stringify(line.slice(0, 80))} in its header`;
  throw new ImageError('unreadable', `${what}, which is neither a field of NRRD nor a pair "key:=value"`);
}
