import { readHead } from '../../../gateway/imaging/formats/file-head';
import { headerSize } from '../../../gateway/imaging/formats/itk/header-size';
import { temporaryFile } from './temporary-file';

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);

/** An HDF5 attribute `length` with one integer of 4 bytes (File Format Specification 3.0, IV.A.2.m). */
function attribute(version: 1 | 3, length: number, bigEndian = false): Buffer {
  const type = Buffer.from([0x10, bigEndian ? 1 : 0, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0]);
  const space = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  const head = Buffer.alloc(version === 3 ? 9 : 8);
  head[0] = version;
  [7, type.length, space.length].forEach((size, at) => head.writeUInt16LE(size, 2 + 2 * at));
  const value = Buffer.alloc(4);
  if (bigEndian) value.writeInt32BE(length);
  else value.writeInt32LE(length);
  const parts = [Buffer.from('length\0'), type, space];
  return Buffer.concat([head, ...(version === 1 ? parts.map(padded) : parts), value]);
}

async function sizeOf(...parts: Buffer[]) {
  const content = Buffer.concat([Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), Buffer.alloc(88), ...parts, Buffer.alloc(64)]); // prettier-ignore
  return headerSize(await readHead(temporaryFile('a.mnc', content), 'a.mnc'), 'minc');
}

test('the lengths of its dimensions, wherever they lie', async () => {
  const far = Buffer.alloc((1 << 20) + 77);
  expect(await sizeOf(attribute(1, 181), far, attribute(3, 217), attribute(1, 160, true))).toEqual({
    lengths: [181, 217, 160],
    channels: 1,
    bytes: 8,
  });
});

test('one that lies across two pieces that are read counts once', async () => {
  const before = Buffer.alloc((1 << 20) - 96 - 8 + 3);
  expect(await sizeOf(before, attribute(1, 30), attribute(1, 20))).toMatchObject({ lengths: [30, 20] });
});

test.each([
  ['its attributes may lie in a heap', [attribute(1, 4), attribute(1, 4), Buffer.from('FRHP')]],
  ['it has no dimensions', [Buffer.from('length\0 of no attribute')]],
])('nothing is told where %s', async (_why, parts) => {
  expect(await sizeOf(...parts)).toBeUndefined();
});
