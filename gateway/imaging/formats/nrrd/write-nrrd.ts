import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import type { Volume } from '../../volume';
import { lpsOf } from '../lps-geometry';
import type { NiftiDtype } from '../nifti/datatypes';
import { writtenArray } from '../written-array';

export interface EncodeNrrdOptions {
  /** Voxel type in the file. Integers: fractions cut off, values beyond the type refused. */
  dtype: NiftiDtype;
  /** Encoding gzip, else raw. @default true */
  compress?: boolean;
}

/** The names every NRRD reader knows, browsers' small ones included. */
const types: Record<NiftiDtype, string> = {
  uint8: 'unsigned char',
  int8: 'signed char',
  int16: 'short',
  uint16: 'unsigned short',
  int32: 'int',
  uint32: 'unsigned int',
  float32: 'float',
  float64: 'double',
};

/**
 * Encodes a volume as one NRRD file in memory: x fastest, little endian, placed in LPS space; channels of a voxel lie together as a first
 * axis. The header holds only fields that OHIF's parser survives: LF line ends, no quoted texts, no spaces inside of vectors
 * (`aiaa-api.md` §1.1 and §4.4).
 * @see http://teem.sourceforge.net/nrrd/format.html
 */
export async function encodeNrrd(volume: Volume, { dtype, compress = true }: EncodeNrrdOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenArray(volume, dtype);
  const { origin, steps } = lpsOf(volume.affine ?? IDENTITY);
  const isVector = channels > 1;
  const header = [
    'NRRD0004',
    `type: ${types[dtype]}`,
    `dimension: ${isVector ? 4 : 3}`,
    'space: left-posterior-superior',
    `sizes: ${[...(isVector ? [channels] : []), ...size].join(' ')}`,
    `space directions: ${[...(isVector ? ['none'] : []), ...steps.map(vector)].join(' ')}`,
    `kinds: ${isVector ? 'vector ' : ''}domain domain domain`,
    'endian: little',
    `encoding: ${compress ? 'gzip' : 'raw'}`,
    `space origin: ${vector(origin)}`,
    '',
    '',
  ];
  const voxels = compress ? await promisify(gzip)(bytes, { level: 1, chunkSize: 1 << 18 }) : bytes;
  return Buffer.concat([Buffer.from(header.join('\n'), 'latin1'), voxels]);
}

const vector = (values: readonly number[]) => `(${values.join(',')})`;
