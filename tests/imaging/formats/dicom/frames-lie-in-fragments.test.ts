import { decodeImage } from '../../../../gateway/imaging/formats/decode';
import { temporaryFile } from '../temporary-file';
import { element, makeDicom, sequence } from './make-dicom';

const ENCAPSULATED_UNCOMPRESSED = '1.2.840.10008.1.2.1.98';
const PIXELS = 20;

/** Frame k is full of k + 1: 40 bytes. */
const frame = (k: number) => Buffer.from(new Uint16Array(PIXELS).fill(k + 1).buffer);
const halves = (k: number) => [frame(k).subarray(0, 16), frame(k).subarray(16)];

const u32 = (...values: number[]) => Buffer.from(new Uint32Array(values).buffer);
const u64 = (...values: bigint[]) => Buffer.from(new BigUint64Array(values).buffer);
const item = (content: Buffer) => Buffer.concat([Buffer.from('feff00e0', 'hex'), u32(content.length), content]);
const END = Buffer.concat([Buffer.from('feffdde0', 'hex'), u32(0)]);

/** An enhanced CT of these fragments, its frames 2.5 mm apart. */
function encapsulated(frames: number, fragments: Buffer[], { table = [] as number[], more = [] as Buffer[], end = END } = {}): Buffer {
  const head = Buffer.concat([Buffer.from('e07f1000', 'hex'), Buffer.from('OB\0\0', 'latin1'), u32(0xffffffff)]);
  const planes = Array.from({ length: frames }, (_, at) => sequence(0x0020, 0x9113, element(0x0020, 0x0032, 'DS', `0\\0\\${2.5 * at}`)));
  const pixels = Buffer.concat([head, item(u32(...table)), ...fragments.map(item), end]);
  return makeDicom({
    position: [0, 0, 0],
    syntax: ENCAPSULATED_UNCOMPRESSED,
    more: [element(0x0028, 0x0008, 'IS', String(frames)), sequence(0x5200, 0x9230, ...planes), pixels, ...more],
  });
} // prettier-ignore

const decode = (file: Buffer) => decodeImage(temporaryFile('a.dcm', file), 'a.dcm');
const offsets = (...values: bigint[]) => ovElement(0x7fe00001, u64(...values));

function ovElement(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write('OV', 4, 'latin1');
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value]);
}

test.each<[string, Buffer]>([
  ['one for each frame, without a table', encapsulated(3, [frame(0), frame(1), frame(2)])],
  ['one for each frame, and a table', encapsulated(3, [frame(0), frame(1), frame(2)], { table: [0, 48, 96] })],
  ['several for a frame, by the Basic Offset Table', encapsulated(3, [...halves(0), frame(1), ...halves(2)], { table: [0, 56, 104] })],
  ['several for a frame, by the Extended Offset Table', encapsulated(3, [...halves(0), frame(1), ...halves(2)], { more: [offsets(0n, 56n, 104n)] })],
  ['one for each frame, whatever a wrong table says', encapsulated(3, [frame(0), frame(1), frame(2)], { table: [0, 50, 99] })],
])('%s', async (_, file) => {
  const { volume } = await decode(file);
  expect(volume.shape).toEqual([5, 4, 3]);
  expect(Array.from(volume.data)).toEqual([0, 1, 2].flatMap((k) => new Array<number>(PIXELS).fill(k + 1)));
}); // prettier-ignore

test('one frame in several fragments needs no table', async () => {
  const { volume } = await decode(encapsulated(1, halves(0)));
  expect(Array.from(volume.data)).toEqual(new Array(PIXELS).fill(1));
});

const whole = encapsulated(3, [frame(0), frame(1), frame(2)]);

test.each<[string, Buffer, RegExp]>([
  ['more fragments than frames, without a table', encapsulated(3, [...halves(0), frame(1), ...halves(2)]), /3 frames are announced, and there are 5 fragments without a table/],
  ['fewer fragments than frames', encapsulated(3, [frame(0), frame(1)]), /3 frames are announced, and there are 2 fragments/],
  ['no fragment', encapsulated(3, []), /3 frames are announced, and there are 0 fragments/],
  ['an end in a fragment', whole.subarray(0, -20), /it is truncated: it ends in its pixel data, after 2 whole fragments/],
  ['an end in the header of a fragment', whole.subarray(0, -52), /after 2 whole fragments/],
  ['an end two bytes early', whole.subarray(0, -2), /after 3 whole fragments/],
  ['something that is no item', encapsulated(3, [frame(0), frame(1), frame(2)], { end: Buffer.alloc(8, 1) }), /an item is missing/],
  ['frames of another length', encapsulated(2, [frame(0), frame(1).subarray(2)]), /"a\.dcm": frame 2 of 2: its pixel data is truncated: .* are 40 bytes, and there are 38/],
])('%s is refused', async (_, file, message) => {
  await expect(decode(file)).rejects.toMatchObject({ name: 'ImageError', message: expect.stringMatching(message) });
}); // prettier-ignore
