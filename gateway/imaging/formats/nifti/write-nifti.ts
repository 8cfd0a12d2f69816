import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { IDENTITY } from '../../geometry';
import { occupiedRange } from '../../occupied';
import { sizeOf, spatialShape } from '../../volume';
import type { Affine, NumericArray, Volume } from '../../volume';
import { castInto } from '../cast';
import { gzipPieces } from '../gzip-zeros';
import { channelsLast, packed } from '../packed-voxels';
import { writableDatatypes } from './datatypes';
import type { NiftiDtype } from './datatypes';
import { encodeNiftiHeader, VOXELS_AT } from './encode-header';
import { geometryOfResult, type NiftiGrid } from './result-geometry';

export interface EncodeNiftiOptions {
  /** Voxel type on disk. Integers: fractions cut off, values beyond the type refused. */
  dtype: NiftiDtype;
  /** Voxel -> RAS mm. @default the volume's affine, else the identity */
  affine?: Affine;
  /** The NIfTI image that the result belongs to, whose forms place the result: see {@link geometryOfResult}. */
  image?: NiftiGrid;
  /** @default true: gzip */
  compress?: boolean;
  /** zlib level 1 to 9. @default 1: a mask shrinks a hundredfold anyway, and higher levels take several times as long */
  compressionLevel?: number;
}

/**
 * Encodes any strided volume as a NIfTI-1 file in memory: axes X, Y, Z in this order, x fastest; a channel axis goes last as the fourth
 * dimension, and disappears when it has length 1.
 *
 * @throws ImageError when an axis is longer than 32767; ValueRangeError for a value that an integer type does not hold
 */
export async function encodeNifti(volume: Volume, options: EncodeNiftiOptions): Promise<Buffer> {
  const { dtype, affine = volume.affine ?? IDENTITY, image, compress = true, compressionLevel = 1 } = options;
  const { code, array } = writableDatatypes[dtype];
  const ordered = channelsLast(volume);
  const channels = ordered.axes.endsWith('C') ? ordered.shape[ordered.shape.length - 1] : 1;
  const dim = channels === 1 ? spatialShape(ordered) : ordered.shape;
  const geometry = geometryOfResult(affine, spatialShape(ordered), image);

  const count = sizeOf(dim);
  const head = encodeNiftiHeader(dim, { code, bytes: array.BYTES_PER_ELEMENT }, geometry);
  const voxels = packed(ordered);
  const { start, end } = occupiedRange(voxels);
  if (compress && end - start <= count / 2) {
    const written = new array(end - start);
    castInto(written as NumericArray, voxels.subarray(start, end) as NumericArray);
    const zeros = (elements: number) => elements * array.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(written.buffer as ArrayBuffer);
    return gzipPieces([head, zeros(start), bytes, zeros(count - end)], compressionLevel);
  }
  const file = Buffer.from(new ArrayBuffer(VOXELS_AT + count * array.BYTES_PER_ELEMENT));
  file.set(head);
  castInto(new array(file.buffer as ArrayBuffer, VOXELS_AT, count) as NumericArray, voxels);
  return compress ? promisify(gzip)(file, { level: compressionLevel, chunkSize: 1 << 18 }) : file;
}
