import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NumericArray } from '../volume';

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

/** What is used of it; Node's types leave it to the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

type Kernel = (...args: number[]) => number;

/** The functions of `assembly/`. */
export type VectorCode = Record<
  | 'addInto'
  | 'blendPlanes'
  | 'calculate'
  | 'choose'
  | 'compare'
  | 'compareTo'
  | 'copy'
  | 'extendRange'
  | 'interpolatePlane'
  | 'lookUp'
  | 'meanRows'
  | 'narrow'
  | 'normalize'
  | 'pickRows'
  | 'pickRowsApart'
  | 'raise'
  | 'replaceBeyond'
  | 'sampleLinear'
  | 'sampleNearest'
  | 'scale'
  | 'sigmoid'
  | 'softmax'
  | 'sum'
  | 'sumOfSquares'
  | 'sumPlane'
  | 'weightedSums'
  | 'widen',
  Kernel
>;

interface Loaded {
  code: VectorCode;
  memory: { buffer: ArrayBuffer; grow(pages: number): number };
}

const PAGE_BYTES = 1 << 16;
/** Begins of blocks: a vector never lies in two cache lines. */
const ALIGNMENT = 64;
/** What a vector loop may read or write beyond the end of its data. */
const SLACK = 64;

let loaded: Loaded | undefined;

function load(): Loaded {
  const module = new WebAssembly.Module(readFileSync(join(__dirname, 'kernels.wasm')));
  const exports = new WebAssembly.Instance(module, { env: { abort } }).exports as VectorCode & Pick<Loaded, 'memory'>;
  return { code: exports, memory: exports.memory };
}

function abort(): never {
  throw new Error('a kernel was asked to leave its memory');
}

/** The number of a type of voxels in the vector code. */
export const typeNumber = (data: NumericArray): number => VOXEL_TYPES.indexOf(data.constructor.name);

/** A constructor of typed arrays. */
export interface ArrayType<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** A block of the vector code's memory. */
export interface Block<T> {
  /** Address for the vector code. */
  at: number;
  array: T;
}

/**
 * Loops over voxels in WebAssembly with its vector instructions (`assembly/`, compiled by `npm run build`), and the memory they work in, one for each
 * thread. Volumes stay outside of it: a kernel copies them in and out in pieces that fit the cache.
 *
 * @param sizes blocks of memory by name: type and number of elements. They are valid until the next call and hold anything
 */
export function vectorCode<B extends Record<string, readonly [ArrayType<unknown>, number]>>(
  sizes: B,
): { code: VectorCode; blocks: { [K in keyof B]: Block<InstanceType<B[K][0]>> } } {
  loaded ??= load();
  const { code, memory } = loaded;
  let end = PAGE_BYTES;
  const places = Object.entries(sizes).map(([name, [type, length]]) => {
    const at = end;
    end = Math.ceil((at + length * type.BYTES_PER_ELEMENT + SLACK) / ALIGNMENT) * ALIGNMENT;
    return { name, type, length, at };
  });
  if (memory.buffer.byteLength < end) memory.grow(Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES));
  const blocks = places.map(({ name, type, length, at }) => [name, { at, array: new type(memory.buffer, at, length) }]);
  return { code, blocks: Object.fromEntries(blocks) };
}
