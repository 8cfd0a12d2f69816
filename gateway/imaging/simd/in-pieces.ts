import type { NumericArray } from '../volume';
import { addressOf } from '../../arena';
import { LEAD, leadOf } from './rows';
import { typeNumber, simdCode, type ArrayType, type Block, type SimdCode } from './simd-code';

/** Voxels that go through the SIMD code at a time: what is made of them in between stays in the first cache. */
export const PIECE = 16384;
/** Voxels beyond a piece that loops may read and write. */
const SLACK = 16;

type Sizes = Record<string, readonly [ArrayType<NumericArray>, number]>;

/** A piece of some arrays, in the memory of the SIMD code. */
export interface Piece {
  code: SimdCode;
  /** Its first voxel, and how many it has. */
  from: number;
  n: number;
  /** Addresses of the piece of each input and each output. */
  inputs: readonly number[];
  outputs: readonly number[];
  /** Address of input `index` as float64. */
  wide(index: number): number;
  /** Input `index` as float32 when it is that, else as float64: whether it is, and its address. */
  real(index: number): [single: number, at: number];
  /** Address of input `index` as float32. */
  floats(index: number): number;
  /** Other memory that was asked for; it keeps what is written to it. */
  kept: Record<string, Block<NumericArray>>;
}

/**
 * Takes arrays of one length through the SIMD code piece by piece. Outputs may lie where inputs do.
 *
 * @param outputs filled with what `work` leaves at their addresses
 * @param kept memory that all pieces share, by name
 */
export function inPieces(
  given: readonly NumericArray[],
  outputs: readonly NumericArray[],
  work: (piece: Piece) => void,
  kept: Sizes = {},
): void {
  const inputs = given.map((input) => (outputs.some((output) => runsAhead(output, input)) ? input.slice() : input));
  const sizes: Sizes = { ...kept };
  const arrays = [...inputs, ...outputs];
  for (const [index, { constructor }] of arrays.entries())
    sizes[`array ${index}`] = [constructor as ArrayType<NumericArray>, PIECE + LEAD + SLACK];
  for (const index of inputs.keys()) sizes[`wide ${index}`] = [Float64Array, PIECE + SLACK];
  const { code, blocks } = simdCode(sizes);
  const own: Block<NumericArray>[] = arrays.map((_, index) => blocks[`array ${index}`]);
  const types = arrays.map(typeNumber);
  const isFloat32 = (index: number) => arrays[index] instanceof Float32Array;
  const length = arrays[0].length;
  const addresses = arrays.map(() => 0);
  const piece = {
    code,
    from: 0,
    n: 0,
    kept: blocks,
    get inputs() {
      return addresses.slice(0, inputs.length);
    },
    get outputs() {
      return addresses.slice(inputs.length);
    },
    wide(index: number) {
      const { at } = blocks[`wide ${index}`];
      code.widen(types[index], addresses[index], at, piece.n);
      return at;
    },
    real: (index: number): [number, number] => (isFloat32(index) ? [1, addresses[index]] : [0, piece.wide(index)]),
    floats(index: number) {
      if (isFloat32(index)) return addresses[index];
      const { at } = blocks[`wide ${index}`];
      code.narrow(piece.wide(index), at, piece.n);
      return at;
    },
  };
  const places = arrays.map(addressOf);
  const outputsApart = outputs.every((output) => inputs.every((input) => !overlap(input, output)));
  for (let from = 0; from < length; from += PIECE) {
    piece.from = from;
    const n = (piece.n = Math.min(PIECE, length - from));
    // Loops write whole vectors: after the last voxels of an array another one begins.
    const inPlace = (index: number) =>
      places[index] !== undefined && (index < inputs.length || (outputsApart && n === PIECE));
    for (const [index, array] of arrays.entries()) {
      const size = array.BYTES_PER_ELEMENT;
      const lead = leadOf(array, from);
      addresses[index] = inPlace(index) ? places[index]! + from * size : own[index].at + lead * size;
      if (index < inputs.length && !inPlace(index))
        own[index].array.set(n === length ? array : array.subarray(from, from + n), lead);
    }
    work(piece);
    for (let index = inputs.length; index < arrays.length; index++) {
      if (inPlace(index)) continue;
      const lead = leadOf(arrays[index], from);
      arrays[index].set(own[index].array.subarray(lead, lead + n), from);
    }
  }
}

/** Arrays of different buffers never overlap, also not those that lie in one memory. */
function overlap(a: NumericArray, b: NumericArray): boolean {
  return (
    a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
  );
}

/** Whether voxels of an input are written over before their piece is read. */
function runsAhead(output: NumericArray, input: NumericArray): boolean {
  const isBehind = output.byteOffset <= input.byteOffset && output.BYTES_PER_ELEMENT <= input.BYTES_PER_ELEMENT;
  return !isBehind && overlap(output, input);
}

/** Makes one float32 array of another array, voxel by voxel. @param work gets a piece as {@link Piece.real} gives it */
export function mapToFloats(
  data: NumericArray,
  out: Float32Array,
  work: (code: SimdCode, single: number, from: number, to: number, n: number) => void,
): Float32Array {
  inPieces([data], [out], ({ code, n, outputs, real }) => work(code, ...real(0), outputs[0], n));
  return out;
}
