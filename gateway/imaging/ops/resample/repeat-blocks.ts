import type { NumericArray } from '../../volume';
import { allocateUnset } from '../../../arena';
import { copyElements } from '../../simd/copy';

/** An array of `blocks` equal parts (channels, slowest in memory) with each part `times` times behind itself: numpy's `repeat`. */
export function repeatBlocks<T extends NumericArray>(data: T, blocks: number, times: number): T {
  const size = data.length / blocks;
  const out = allocateUnset(data.constructor as Parameters<typeof allocateUnset<T>>[0], data.length * times);
  for (let block = 0; block < blocks; block++) {
    const part = data.subarray(block * size, (block + 1) * size) as T;
    for (let copy = 0; copy < times; copy++) copyElements(part, out, (block * times + copy) * size);
  }
  return out;
}
