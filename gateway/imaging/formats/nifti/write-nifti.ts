import { allocateUnset } from '../../../arena';
import { IDENTITY } from '../../geometry';
import { occupiedRange } from '../../occupied';
import { sizeOf, spatialShape, type Affine, type NumericArray, type Volume } from '../../volume';
import { gzipPieces, type Piece } from '../gzip-zeros';
import { arrayOf, bytesOf, castInto } from '../value-types';
import { channelsLast, packed, writtenPieces, type EncodeOptions } from '../written-voxels';
import { encodeNiftiHeader, VOXELS_AT } from './header';
import { geometryOfResult, type NiftiGrid } from './result-geometry';

interface EncodeNiftiOptions extends EncodeOptions {
  /** Voxel -> RAS mm. @default the volume's affine, else the identity */
  affine?: Affine;
  /** The NIfTI image that the result belongs to, whose forms place the result: see {@link geometryOfResult}. */
  image?: NiftiGrid;
}

/**
 * Encodes any strided volume as NIfTI-1: axes X, Y, Z, x fastest; several channels are the fourth dimension.
 * @throws ImageError when an axis is longer than 32767; ValueRangeError for a value that an integer type does not hold
 */
export async function encodeNifti(volume: Volume, options: EncodeNiftiOptions): Promise<Buffer> {
  const { dtype, affine = volume.affine ?? IDENTITY, image, compress = true } = options;
  const ordered = channelsLast(volume);
  const channels = ordered.axes.endsWith('C') ? ordered.shape[ordered.shape.length - 1] : 1;
  const dim = channels === 1 ? spatialShape(ordered) : ordered.shape;
  const geometry = geometryOfResult(affine, spatialShape(ordered), image);

  const count = sizeOf(dim);
  const head = encodeNiftiHeader(dim, dtype, geometry);
  const voxels = packed(ordered);
  const size = bytesOf(dtype);
  if (compress) {
    const { start, end } = occupiedRange(voxels);
    const occupied = writtenPieces(voxels.subarray(start, end) as NumericArray, dtype);
    return gzipPieces(inTurn<Piece>([head, start * size], occupied, [(count - end) * size]), {
      voxel: size,
      row: size * dim[0],
    });
  }
  const { buffer, byteOffset, length } = allocateUnset(Uint8Array, VOXELS_AT + count * size);
  const file = Buffer.from(buffer, byteOffset, length);
  file.set(head);
  castInto(arrayOf(dtype, buffer, byteOffset + VOXELS_AT, count), voxels);
  return file;
}

function* inTurn<T>(...lists: Iterable<T>[]): Generator<T> {
  for (const list of lists) yield* list;
}
