import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ImageError } from '../../../../gateway/imaging/image-error';
import { packArray, readPackedArray } from '../../../../gateway/imaging/formats/packed/packed-array';
import golden from '../../../golden/nninteractive_arrays.json';
import { randomOf } from '../../../random';

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'packed-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (bytes: Uint8Array, check: Parameters<typeof readPackedArray>[1] = () => undefined) => {
  const file = path.join(folder, 'array');
  writeFileSync(file, bytes);
  return readPackedArray(file, check);
};
const bytesOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray) => Buffer.from(buffer, byteOffset, byteLength);
const sha256 = (data: NodeJS.TypedArray) => createHash('sha256').update(bytesOf(data)).digest('hex');
const packed = (name: string) => Buffer.from(golden.find((one) => one.name.startsWith(name))!.packed, 'base64');

test(`each of ${golden.length} arrays of nninteractive-client 2.6.0 has the values that were packed`, async () => {
  for (const { name, packed: text, shape, sha256: expected } of golden) {
    const array = await read(Buffer.from(text, 'base64'));
    expect([name, array.shape, sha256(array.data)]).toEqual([name, shape, expected]);
  }
});

test('what is packed here is read back, compressed where it is a mask', async () => {
  const mask = Uint8Array.from({ length: 40 * 50 * 60 }, (_, at) => (at % 60 > 20 && at % 60 < 50 ? 1 : 0));
  const noise = Uint8Array.from({ length: 5000 }, randomOf(1).bind(null)).map((_, at) => (at * 7919) % 251);
  for (const data of [mask, noise, new Uint8Array(100_000), new Uint8Array(0), Uint8Array.of(1), Int16Array.of(1, -2, 3)]) {
    const type = data instanceof Int16Array ? 'int16' : 'uint8';
    const bytes = packArray(data, [data.length], type);
    expect(bytesOf((await read(bytes)).data)).toEqual(bytesOf(data));
    if (data === mask) expect(bytes.length).toBeLessThan(data.length / 4);
    expect(bytes.length).toBeLessThan(data.byteLength + 100);
  }
}); // prettier-ignore

const change = (bytes: Buffer, at: number, ...values: number[]) => {
  const changed = Buffer.from(bytes);
  changed.set(values, at);
  return changed;
};
const plain = packed('uint8 1x5x6x7 ramp');
/** Of the first chunk: after magic, name, shape and count, and its two sizes. */
const CHUNK = 8 + 5 + 32 + 4 + 16;

test.each<[string, Buffer, RegExp]>([
  ['no magic', change(plain, 0, 65), /does not begin with NNIA/],
  ['another version', change(plain, 4, 2), /version 2; 1 is read/],
  ['an unknown codec', change(plain, 5, 3), /codec 3; 1 \(zstd\) and 2 \(lz4\)/],
  ['200 axes', change(plain, 6, 200), /has 200 axes/],
  ['an unknown type', change(plain, 8, 0x78), /type "xint8"/],
  ['a length below zero', change(plain, 13, ...Array<number>(8).fill(255)), /shape -1 x 5/],
  ['a shape of 2^56 voxels', change(plain, 13 + 7, 1), /up to 4294967295 are read/],
  ['more voxels than the chunks hold', change(plain, 13, 2), /hold 210 of 420 bytes/],
  ['fewer', change(plain, 21, 4), /is said to hold 210 bytes, and 168 of 168/],
  ['a chunk beyond the end', change(plain, CHUNK - 8, 255, 255), /is truncated: chunk 0/],
  ['a chunk that says another size', change(plain, CHUNK + 4, 9), /and says 9 itself/],
  ['a chunk of another length', change(plain, CHUNK + 12, 9), /says 9 bytes/],
  ['bytes after the end', Buffer.concat([plain, Buffer.alloc(3)]), /3 bytes follow/],
  ['an unknown codec in the chunk', change(packed('int16 1x20x60x70 ramp zstd no'), CHUNK + 2, 0xb5), /codec 5; 1 \(lz4\)/], // prettier-ignore
  ['an unknown filter', change(packed('int16 1x20x60x70 ramp zstd no'), CHUNK + 16, 2), /filtered by 2/],
  ['half of it', plain.subarray(0, plain.length / 2), /truncated/],
  ['nothing', Buffer.alloc(0), /not a packed array/],
])('%s is refused with a sentence', async (_what, bytes, expected) => {
  await expect(read(bytes)).rejects.toThrow(ImageError);
  await expect(read(bytes)).rejects.toThrow(expected);
});

test('blocks that overlap are refused', async () => {
  const bytes = packed('float32 1x20x60x70 ramp lz4 no');
  const at = CHUNK + 2 + 32;
  const blocks = Math.ceil(bytes.readInt32LE(CHUNK + 2 + 4) / bytes.readInt32LE(CHUNK + 2 + 8));
  expect(blocks).toBeGreaterThan(1);
  await expect(read(change(bytes, at + 4, ...bytes.subarray(at, at + 4)))).rejects.toThrow(/blocks of a chunk overlap/);
});

test('memory is asked for before it is taken: what refuses the size is heard first', async () => {
  const check = jest.fn(() => {
    throw new Error('too much');
  });
  await expect(read(change(plain, CHUNK + 16, 255), check)).rejects.toThrow('too much');
  expect(check).toHaveBeenCalledWith(expect.objectContaining({ shape: [1, 5, 6, 7], bytes: 210, fileBytes: plain.length }));
}); // prettier-ignore

const MUTATED = Number(process.env.MUTATED_ARRAYS ?? 500);

test(`${MUTATED} damaged arrays are read or refused with a sentence`, async () => {
  const random = randomOf(24);
  const pick = (count: number) => Math.floor(random() * count);
  for (let n = 0; n < MUTATED; n++) {
    const whole = Buffer.from(golden[pick(golden.length)].packed, 'base64');
    const bytes = pick(5) === 0 ? whole.subarray(0, pick(whole.length)) : whole;
    // Most of the damage goes where the facts stand.
    for (let k = pick(4); k >= 0 && bytes.length > 0; k--) bytes[pick(pick(2) ? Math.min(120, bytes.length) : bytes.length)] = pick(3) ? pick(256) : pick(2) * 255; // prettier-ignore
    const limit = (head: { bytes: number }) => {
      if (head.bytes > 1 << 22) throw new ImageError('too-large', 'refused by the test');
    };
    const error = await read(bytes, limit).then(() => undefined, (thrown: Error) => thrown); // prettier-ignore
    if (error && !(error instanceof ImageError)) throw new Error(`array ${n}`, { cause: error });
  }
});
