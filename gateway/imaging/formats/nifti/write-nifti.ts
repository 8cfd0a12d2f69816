import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { allocateUnset } from '../../../arena';
import { IDENTITY } from '../../geometry';
import { occupiedRange } from '../../occupied';
import { sizeOf, spatialShape, type Affine, type NumericArray, type Volume } from '../../volume';
import { gzipPieces } from '../gzip-zeros';
import { arrayOf, bytesOf, castInto } from '../value-types';
import { channelsLast, packed, type EncodeOptions } from '../written-voxels';
import { encodeNiftiHeader, VOXELS_AT } from './header';
import { geometryOfResult, type NiftiGrid } from './result-geometry';

interface EncodeNiftiOptions extends EncodeOptions {
  /** Voxel -> RAS mm. @default the volume's affine, else the identity */
  affine?: Affine;
  /** The NIfTI image that the result belongs to, whose forms place the result: see {@link geometryOfResult}. */
  image?: NiftiGrid;
  /** zlib level 1 to 9. @default 1: a mask shrinks a hundredfold anyway, and higher levels take several times as long */
  compressionLevel?: number;
}

/**
 * Encodes any strided volume as NIfTI-1: axes X, Y, Z, x fastest; several channels are the fourth dimension.
 * @throws ImageError when an axis is longer than 32767; ValueRangeError for a value that an integer type does not hold
 */
export async function encodeNifti(volume: Volume, options: EncodeNiftiOptions): Promise<Buffer> {
  const { dtype, affine = volume.affine ?? IDENTITY, image, compress = true, compressionLevel = 1 } = options;
  const ordered = channelsLast(volume);
  const channels = ordered.axes.endsWith('C') ? ordered.shape[ordered.shape.length - 1] : 1;
  const dim = channels === 1 ? spatialShape(ordered) : ordered.shape;
  const geometry = geometryOfResult(affine, spatialShape(ordered), image);

  const count = sizeOf(dim);
  const head = encodeNiftiHeader(dim, dtype, geometry);
  const voxels = packed(ordered);
  const { start, end } = occupiedRange(voxels);
  if (compress && end - start <= count / 2) {
    const written = arrayOf(dtype, end - start);
    castInto(written, voxels.subarray(start, end) as NumericArray);
    const zeros = (elements: number) => elements * bytesOf(dtype);
    const bytes = new Uint8Array(written.buffer);
    return gzipPieces([head, zeros(start), bytes, zeros(count - end)], compressionLevel);
  }
  const { buffer, byteOffset, length } = allocateUnset(Uint8Array, VOXELS_AT + count * bytesOf(dtype));
  const file = Buffer.from(buffer, byteOffset, length);
  file.set(head);
  castInto(arrayOf(dtype, buffer, byteOffset + VOXELS_AT, count), voxels);
  return compress ? promisify(gzip)(file, { level: compressionLevel, chunkSize: 1 << 18 }) : file;
}
