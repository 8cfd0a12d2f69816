import { gunzipSync, gzipSync } from 'node:zlib';
import { Inflate } from 'pako';
import { allocateUnset, useArena } from '../../../gateway/arena';
import { gzipPieces, type Piece } from '../../../gateway/imaging/formats/gzip-zeros';

const bytesOf = (length: number, byteAt: (at: number) => number) => Uint8Array.from({ length }, (_, at) => byteAt(at));
/** Numbers from 0 to 1, the same in each run. */
const noise = (at: number) => (Math.imul(at ^ (at >>> 15), 0x2c1b3c6d) >>> 8) / 2 ** 24;

/** Label 1 in a disc of 512 x 512, its border frayed; 3 slices. */
const mask = bytesOf(3 << 18, (at) => {
  const [x, y] = [at % 512, (at >> 9) % 512];
  return Math.hypot(x - 256, y - 256) + 4 * noise(at) < 100 ? 1 : 0;
});
const labels = new Uint16Array(mask.length).map((_, at) => mask[at] * 700 + (at % 512 > 256 ? 1 : 0));
const constant = new Float32Array(300_000).fill(0.1);
const wideRows = bytesOf(1 << 18, (at) => (at % 40_000 < 20_000 ? 3 : 4));
/** Bytes that occur as often as Fibonacci's numbers say, between zeros: the code of the rarest would have more than 15 bits. */
const rare = new Uint8Array(1 << 20);
for (let symbol = 1, often = 1, next = 1, at = 10_000; symbol < 22; symbol++, [often, next] = [next, often + next])
  for (let n = 0; n < often; n++, at += 5) rare[10_000 + ((at - 10_000) % 110_000)] = symbol;

const bytesIn = ({ buffer }: ArrayBufferView) => new Uint8Array(buffer as ArrayBuffer);
const [narrow, all] = [{ voxel: 1, row: 512 }, undefined];

test.each<[string, Piece[], { voxel: number; row: number } | undefined]>([
  ['nothing', [], all],
  ['no zeros', [Uint8Array.of(1, 2, 3)], all],
  ['zeros alone', [1_000_003], all],
  ['one zero byte', [Uint8Array.of(255), 1, Uint8Array.of(128)], all],
  ['a slice among many', [Buffer.alloc(352, 7), 5 << 20, bytesOf(70_000, (at) => at % 251), 1 << 18], all],
  ['a mask', [Buffer.alloc(352, 7), mask], narrow],
  ['a mask of rows that are as long as two voxels', [mask], { voxel: 1, row: 2 }],
  ['labels of 16 bits', [bytesIn(labels)], { voxel: 2, row: 1024 }],
  ['floats that are equal', [bytesIn(constant)], { voxel: 4, row: 4000 }],
  ['noise', [bytesOf(1 << 18, (at) => 256 * noise(at))], narrow],
  ['more than a million bytes of a mask, then noise', [Buffer.concat([mask, mask, bytesOf(1 << 20, (at) => 256 * noise(at))])], narrow], // prettier-ignore
  ['rows that are longer than the format looks back', [wideRows], { voxel: 1, row: 40_000 }],
  ['runs about as long as the format takes', [257, 258, 259, 260, 516, 5, 6, 7].map((n, at) => Buffer.alloc(n, at)), { voxel: 1, row: 10 }], // prettier-ignore
  ['all in one piece', [Buffer.concat([257, 258, 259, 260, 516, 5, 6, 7].map((n, at) => Buffer.alloc(n, at)))], { voxel: 1, row: 100 }], // prettier-ignore
  ['bytes of which some are very rare', [rare], narrow],
])('%s', async (_, pieces, grain = { voxel: 1, row: 1 }) => {
  const plain = Buffer.concat(pieces.map((piece) => (typeof piece === 'number' ? Buffer.alloc(piece) : piece)));
  const packed = await gzipPieces(pieces, grain);
  // Both check length and CRC-32.
  expect(gunzipSync(packed).equals(plain)).toBe(true);
  const inflate = new Inflate();
  inflate.push(packed, true);
  expect([inflate.err, Buffer.compare(Buffer.from(inflate.result as Uint8Array), plain)]).toEqual([0, 0]);
});

test('a mask becomes smaller than zlib makes it', async () => {
  expect((await gzipPieces([mask], narrow)).length).toBeLessThan(gzipSync(mask, { level: 1 }).length * 0.8);
});

test('also beyond the first 2 GB of the arena', async () => {
  useArena();
  // Nothing is written to it, so it takes addresses and no memory.
  allocateUnset(Uint8Array, 2 ** 31);
  expect(gunzipSync(await gzipPieces([mask], narrow)).equals(mask)).toBe(true);
});
