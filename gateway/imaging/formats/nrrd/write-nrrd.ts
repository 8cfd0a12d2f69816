import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import type { Volume } from '../../volume';
import { lpsOf } from '../vectors';
import { writtenVoxels, type EncodeOptions } from '../written-voxels';
import { nrrdTypes } from './nrrd';

/**
 * Encodes a volume as one NRRD file in memory: x fastest, little endian, placed in LPS space; channels of a voxel lie together as a first
 * axis. The header holds only what OHIF's parser of NRRD headers reads: LF line ends, no quoted strings, no spaces inside vectors.
 * @see http://teem.sourceforge.net/nrrd/format.html
 */
export async function encodeNrrd(volume: Volume, { dtype, compress = true }: EncodeOptions): Promise<Buffer> {
  const { bytes, size, channels } = writtenVoxels(volume, dtype);
  const { origin, steps } = lpsOf(volume.affine ?? IDENTITY);
  const isVector = channels > 1;
  const header = [
    'NRRD0004',
    `type: ${nrrdTypes[dtype][0]}`,
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
