import { unsupported } from '../../image-error';
import type { FileHead } from '../file-head';
import { HeaderField, readHeaderText, TextHeader } from '../text-header';

/** Fields of the format, without the blanks that their names may have; `centers` is an old name. */
const KNOWN = [
  ...['content', 'number', 'type', 'blocksize', 'dimension', 'space', 'spacedimension', 'sizes', 'spacings'],
  ...['thicknesses', 'axismins', 'axismaxs', 'spacedirections', 'centerings', 'centers', 'kinds', 'labels', 'units'],
  ...['min', 'max', 'oldmin', 'oldmax', 'endian', 'encoding', 'lineskip', 'byteskip', 'sampleunits', 'spaceunits'],
  ...['spaceorigin', 'measurementframe', 'datafile'],
] as const;

type Key = (typeof KNOWN)[number];
/** Comments and pairs of key and value tell nothing of the image and are left out. */
export type NrrdHeader = TextHeader<Key>;

/** Fields that say where and how the voxels are written. */
const ABOUT_DATA: readonly Key[] = ['datafile', 'encoding', 'lineskip', 'byteskip', 'endian'];

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
    const begin = JSON.stringify(magic.slice(0, 20));
    throw unsupported(`"${name}" begins with ${begin}; NRRD0001 to NRRD0005 are read`);
  }
  const header: NrrdHeader = new TextHeader(name, 'NRRD', length);
  header.kept.push(magic);
  for (const line of lines) {
    if (line === '') break;
    if (/^LIST(\s|$)/.test(header.get('datafile')?.value ?? '')) {
      header.list.push(line.trim());
      continue;
    }
    const key = keyIn(line, header);
    if (key) {
      const colon = line.indexOf(':');
      const field = new HeaderField(name, line.slice(0, colon), line.slice(colon + 1).trim(), ': ');
      if (header.get(key)) throw field.wrong('it stands there twice');
      header.fields.set(key, field);
    }
    if (!key || !ABOUT_DATA.includes(key)) header.kept.push(line);
  }
  return header;
}

/** After the first empty line. */
function endOfHeader(text: string): number {
  const end = /\n\r?\n/.exec(text);
  return end ? end.index + end[0].length : -1;
}

/** The field in a line; undefined for comments and pairs of key and value. */
function keyIn(line: string, header: NrrdHeader): Key | undefined {
  if (line.startsWith('#')) return undefined;
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).replace(/ /g, '').toLowerCase();
  const key = KNOWN.find((known) => known === name);
  if (colon >= 0 && line[colon + 1] !== '=' && key) return key;
  if (line.includes(':=')) return undefined;
  throw header.strange(line, 'neither a field of NRRD nor a pair "key:=value"');
}
