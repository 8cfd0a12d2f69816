import { gzipSync } from 'node:zlib';
import type { WholeMask } from '../../interaction';
import { keepResult, type ResultFile } from '../result-file';
import { cut, type BoxedMask } from './boxed-mask';

/** A mask is almost nothing packed at any level. */
const LEVEL = 1;

/** Keeps all voxels of a mask, last axis fastest, as a client reads them. @throws DISK_FULL */
export function keepWhole(mask: BoxedMask, form: WholeMask, shape: readonly number[], directory: string): Promise<ResultFile> {
  const voxels = cut(mask, shape.map((length) => [0, length] as const)); // prettier-ignore
  if (form === 'bits') {
    const content = gzipSync(packBits(voxels), { level: LEVEL });
    return keepResult(content, { directory, name: 'mask.bits.gz', contentType: 'application/octet-stream' });
  }
  const result = gzipSync(voxels, { level: LEVEL }).toString('base64');
  const content = Buffer.from(JSON.stringify({ status: 'success', result }));
  return keepResult(content, { directory, name: 'mask.json', contentType: 'application/json' });
} // prettier-ignore

/** As numpy's `packbits`: the first value is the highest bit, and the last byte is filled up with zeros. */
export function packBits(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (let at = 0; at < values.length; at++) bits[at >> 3] |= values[at] << (7 - (at & 7));
  return bits;
}
