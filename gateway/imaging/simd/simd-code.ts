import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NumericArray } from '../volume';
import { kernelMemory, workspace, type WasmMemory } from '../../arena';

/** In the order of `VoxelType` in assembly/voxel-type.ts. */
const VOXEL_TYPES = [
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
];

/** The part that is used; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

type Kernel = (...args: number[]) => number;

/** The functions of `assembly/`. */
export type SimdCode = Record<
  | 'addHalfRows'
  | 'addHalfWeights'
  | 'addInto'
  | 'addRows'
  | 'addWeightedRows'
  | 'argmax'
  | 'blendPlanes'
  | 'boundsOfPlane'
  | 'calculate'
  | 'choose'
  | 'clearRows'
  | 'compare'
  | 'compareTo'
  | 'convertPlane'
  | 'copy'
  | 'copyPlane'
  | 'copyRows'
  | 'cornerRow'
  | 'countNotFinite'
  | 'deflateRuns'
  | 'divideHalves'
  | 'divideRows'
  | 'estimateBits'
  | 'extendRange'
  | 'halfQuotients'
  | 'interpolatePlane'
  | 'keepGreater'
  | 'lookUp'
  | 'meanRows'
  | 'narrow'
  | 'normalize'
  | 'pickRows'
  | 'pickRowsApart'
  | 'raise'
  | 'realValues'
  | 'repeat'
  | 'replaceBeyond'
  | 'replaceNotFinite'
  | 'roundRow'
  | 'sampleLinear'
  | 'sampleNearest'
  | 'scale'
  | 'sigmoid'
  | 'smallestFinite'
  | 'splineColumns'
  | 'splineRows'
  | 'softmax'
  | 'sum'
  | 'sumOfSquares'
  | 'sumPlane'
  | 'weightedSums'
  | 'widen',
  Kernel
>;

/** Begins of blocks: a vector never lies in two cache lines. */
const ALIGNMENT = 64;
/** The bytes that a vector loop may read or write beyond the end of its data. */
const SLACK = 64;

let compiled: object | undefined;
const loaded = new WeakMap<WasmMemory, SimdCode>();

/** The loops, at work in a memory. */
function codeFor(memory: WasmMemory): SimdCode {
  let code = loaded.get(memory);
  if (!code) {
    compiled ??= new WebAssembly.Module(readFileSync(join(__dirname, 'kernels.wasm')));
    code = new WebAssembly.Instance(compiled, { env: { abort, memory } }).exports as SimdCode;
    loaded.set(memory, code);
  }
  return code;
}

function abort(): never {
  throw new Error('a kernel was asked to leave its memory');
}

/** The number of a type of voxels in the SIMD code. */
export const typeNumber = (data: NumericArray): number => VOXEL_TYPES.indexOf(data.constructor.name);

/** A constructor of typed arrays. */
export interface ArrayType<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** A block of the SIMD code's memory. */
export interface Block<T> {
  /** Address for the SIMD code. */
  at: number;
  array: T;
}

/**
 * Loops over voxels in WebAssembly with its vector instructions (`assembly/`, compiled by `npm run build`). They work in this thread's
 * {@link kernelMemory}, where large arrays lie; a kernel copies others in and out in pieces that fit the cache.
 *
 * @param sizes blocks of memory by name: type and number of elements. They are valid until the next call and hold anything
 */
export function simdCode<B extends Record<string, readonly [ArrayType<unknown>, number]>>(
  sizes: B,
): { code: SimdCode; blocks: { [K in keyof B]: Block<InstanceType<B[K][0]>> } } {
  let bytes = 0;
  const places = Object.entries(sizes).map(([name, [type, length]]) => {
    const offset = bytes;
    bytes = Math.ceil((offset + length * type.BYTES_PER_ELEMENT + SLACK) / ALIGNMENT) * ALIGNMENT;
    return { name, type, length, offset };
  });
  const begin = workspace(bytes);
  const memory = kernelMemory();
  const blocks = places.map(({ name, type, length, offset }) => {
    const at = begin + offset;
    return [name, { at, array: new type(memory.buffer, at, length) }];
  });
  return { code: codeFor(memory), blocks: Object.fromEntries(blocks) };
}
