import { ImageError } from '../../image-error';

/** Where the values of a legacy VTK file lie, and how many there are. */
export interface VtkHeader {
  isAscii: boolean;
  /** Byte of the first value. */
  dataAt: number;
  values: number;
  /** Of one value in a binary file. */
  valueBytes: number;
}

const TYPE_BYTES: Record<string, number> = {
  unsigned_char: 1,
  char: 1,
  unsigned_short: 2,
  short: 2,
  unsigned_int: 4,
  int: 4,
  // ITK's program is one of 32 bits.
  unsigned_long: 4,
  long: 4,
  float: 4,
  double: 8,
};

/**
 * The header of a legacy VTK file of structured points, as far as it says how long the file must be.
 *
 * @param bytes the first 4 kB of the file
 * @throws ImageError when it is none that is read here
 * @see https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html
 */
export function readVtkHeader(bytes: Buffer, name: string): VtkHeader {
  const text = bytes.toString('latin1');
  const refused = (what: string) => new ImageError('unsupported', `"${name}" is a VTK file that ${what}`);
  const form = /^# vtk DataFile Version [^\n]*\n[^\n]*\n\s*(ASCII|BINARY)\s/i.exec(text)?.[1].toUpperCase();
  if (!form) throw refused('does not begin as legacy VTK files do (# vtk DataFile Version, a title, ASCII or BINARY)');
  const lengths = /^\s*DIMENSIONS[ \t]+(\d+)[ \t]+(\d+)[ \t]+(\d+)/im.exec(text)?.slice(1).map(Number);
  if (!/^\s*DATASET[ \t]+STRUCTURED_POINTS/im.test(text) || !lengths || lengths.includes(0))
    throw refused('holds no structured points with three dimensions');
  const voxels = lengths[0] * lengths[1] * lengths[2];

  const attribute = /^[ \t]*(?:(SCALARS)[ \t]+\S+[ \t]+(\w+)(?:[ \t]+(\d+))?|(VECTORS|TENSORS)[ \t]+\S+[ \t]+(\w+)|(COLOR_SCALARS)[ \t]+\S+[ \t]+(\d+))[ \t]*\r?\n([ \t]*LOOKUP_TABLE[^\n]*\n)?/im.exec(text); // prettier-ignore
  if (!attribute) throw refused('holds no SCALARS, VECTORS, TENSORS or COLOR_SCALARS within its first 4096 bytes');
  const [all, scalars, type = 'unsigned_char', channels = '1', vectors, vectorType, , colours] = attribute;
  const valueBytes = TYPE_BYTES[(vectorType ?? type).toLowerCase()];
  if (valueBytes === undefined)
    throw refused(`has values of type ${vectorType ?? type}; integers, float and double are read`);
  const perVoxel = scalars ? Number(channels) : vectors ? (/^v/i.test(vectors) ? 3 : 9) : Number(colours);
  return { isAscii: form === 'ASCII', dataAt: attribute.index + all.length, values: voxels * perVoxel, valueBytes };
}
