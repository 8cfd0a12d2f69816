import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'protobufjs';
import { decodeMessage, readSkeleton } from '../../../gateway/packages/formats/wire';
import { bytes, integer, message, varint } from '../protobuf';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'skeleton-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const file = parse(`syntax = "proto3";
  message File { string name = 2; repeated Node node = 1; bytes weights = 9; }
  message Node { string kind = 1; Tensor tensor = 8; map<string, Tensor> more = 9; }
  message Tensor { int32 type = 1; bytes content = 4; }`).root.lookupType('File');

function skeletonOf(content: Buffer) {
  const path = join(folder, 'message');
  writeFileSync(path, content);
  return readSkeleton(path, file);
}

const weights = Buffer.alloc(3 << 20, 0xff);
const fixed = Buffer.concat([Buffer.from([(6 << 3) | 5]), Buffer.from('abcd'), Buffer.from([(7 << 3) | 1]), Buffer.from('abcdefgh')]); // prettier-ignore

test('a small message comes back as it is', async () => {
  const small = Buffer.concat([integer(1, 300), bytes(2, 'name'), message(3, bytes(1, 'inner')), fixed]);
  expect((await skeletonOf(small)).equals(small)).toBe(true);
  expect(await skeletonOf(Buffer.alloc(0))).toHaveLength(0);
});

test('weights are left out, at every depth; what stands around them stays', async () => {
  const node = (content: Buffer) => message(1, bytes(1, 'kernel'), message(8, integer(1, 1), bytes(4, content)), fixed);
  const whole = (content: Buffer) => Buffer.concat([bytes(9, content), node(content), node(Buffer.from('x')), integer(4, 7)]); // prettier-ignore
  const skeleton = await skeletonOf(whole(weights));
  const empty = Buffer.alloc(0);
  expect(skeleton.equals(Buffer.concat([bytes(9, empty), node(empty), node(Buffer.from('x')), integer(4, 7)]))).toBe(true); // prettier-ignore
});

test('an entry of a map that is large goes whole', async () => {
  const entry = (content: Buffer) =>
    message(1, bytes(1, 'n'), message(9, bytes(1, 'key'), message(2, bytes(4, content))));
  expect((await skeletonOf(entry(weights))).equals(message(1, bytes(1, 'n'), bytes(9, '')))).toBe(true);
});

test('thousands of small fields, across the pieces in which the file is read', async () => {
  const many = Buffer.concat(Array.from({ length: 3000 }, (_, at) => bytes(1, `${at} ${'x'.repeat(at)}`)));
  expect((await skeletonOf(many)).equals(many)).toBe(true);
});

const deep = parse(`syntax = "proto3"; message Box { Box box = 1; bytes content = 2; repeated int32 numbers = 3; map<string, Box> more = 4; }`).root.lookupType('Box'); // prettier-ignore
async function readDeep(content: Buffer) {
  const path = join(folder, 'deep');
  writeFileSync(path, content);
  return decodeMessage<object>(deep, await readSkeleton(path, deep));
}

/** Boxes around something: heads only, as one buffer. */
function boxes(levels: number, content: Buffer): Buffer {
  const heads: Buffer[] = [];
  let length = content.length;
  for (let level = 0; level < levels; level++) {
    heads.push(Buffer.concat([Buffer.from([10]), varint(length)]));
    length += heads.at(-1)!.length;
  }
  return Buffer.concat([...heads.reverse(), content]);
}

test.each([10, 100, 1000, 100_000])('messages within each other, %i deep, around weights and without', async (levels) => {
  for (const content of [bytes(2, weights), bytes(2, 'x')]) {
    const read = readDeep(boxes(levels, content));
    if (levels <= 100) expect(JSON.stringify(await read).match(/"box":\{/g)).toHaveLength(levels);
    else await expect(read).rejects.toMatchObject({ name: 'WireError', message: expect.stringMatching(/more than 100 deep at byte \d+/) }); // prettier-ignore
  }
}); // prettier-ignore

const small = Buffer.alloc(60_000, 10);
test.each([
  ['empty messages', Buffer.concat(Array<Buffer>(4).fill(bytes(1, Buffer.alloc(2_200_000, Buffer.from([10, 0])))))],
  ['numbers of lists', Buffer.concat(Array<Buffer>(70).fill(bytes(3, small)))],
  ['numbers in entries of maps', Buffer.concat(Array<Buffer>(70).fill(message(4, bytes(1, 'k'), message(2, bytes(3, small)))))],
])('millions of %s are refused before memory is taken for them', async (_, content) => {
  await expect(readDeep(content)).rejects.toThrow('without its weights it has more than 4000000 fields');
}); // prettier-ignore

test.each([
  ['cut off in the weights', bytes(1, weights).subarray(0, 2 << 20), 'field 1 at byte 0 needs 3145728 bytes, 2097147 are left'], // prettier-ignore
  ['cut off in a number', Buffer.from([8, 0x80]), 'the field at byte 0 is cut off'],
  ['no field', Buffer.from([7]), 'field number 0 at byte 0'],
  ['a group', Buffer.from([11]), 'wire type 3 at byte 0'],
])('%s: not a message', async (_, content, sentence) => {
  await expect(skeletonOf(content)).rejects.toMatchObject({ name: 'WireError', message: sentence });
});
