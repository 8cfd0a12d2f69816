import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Writer } from 'protobufjs';
import { freezeCheckpoint } from '../../gateway/packages/tensorflow/checkpoint';
import { decodeTensorFlow, type CheckpointGraph } from '../../gateway/packages/tensorflow/graph';
import { crc32c, maskedCrc32c } from '../../gateway/packages/tensorflow/sorted-table';
import { TensorBundle } from '../../gateway/packages/tensorflow/tensor-bundle';
import golden from '../golden/tf_checkpoints.json';
import { describeWithData } from '../shared-data';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'checkpoint-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const ENDS = { inputs: ['NV_MODEL_INPUT'], outputs: ['NV_MODEL_OUTPUT:0'] };
const SHARDS = ['model.ckpt.data-00000-of-00002', 'model.ckpt.data-00001-of-00002'] as const;

/** The golden checkpoint on the disk, changed by the test. */
function small(change: Partial<Record<keyof typeof golden.small.files, (bytes: Buffer) => Buffer>> = {}) {
  for (const [name, text] of Object.entries(golden.small.files)) {
    const bytes = gunzipSync(Buffer.from(text, 'base64'));
    writeFileSync(join(folder, name), change[name as keyof typeof change]?.(bytes) ?? bytes);
  }
  return filesAt(join(folder, 'model.ckpt'), SHARDS);
}

const filesAt = (prefix: string, shards: readonly string[]) => ({
  name: 'model.ckpt',
  meta: `${prefix}.meta`,
  index: `${prefix}.index`,
  shards: new Map(shards.map((name, number) => [number, join(dirname(prefix), name)])),
});

const freeze = (files = small(), ends = ENDS) => freezeCheckpoint(files, ends, join(folder, 'frozen'));
const frozenNodes = () =>
  decodeTensorFlow<CheckpointGraph>('CheckpointGraph', readFileSync(join(folder, 'frozen'))).node;

test('CRC-32C of RFC 3720 B.4, whole and in pieces, and its mask', () => {
  const ramp = Uint8Array.from({ length: 32 }, (_, index) => index);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(ramp)).toBe(0x46dd794e);
  expect(crc32c(ramp.subarray(7), crc32c(ramp.subarray(0, 7)))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(maskedCrc32c(0)).toBe(0xa282ead8);
});

test('what the outputs need stays, with variables, flags and rates as constants', async () => {
  const warnings = await freeze();
  const operators = new Set(frozenNodes().map(({ op }) => op));
  for (const training of [
    'VariableV2',
    'VarHandleOp',
    'ReadVariableOp',
    'ResourceGather',
    'AssignVariableOp',
    'Assert',
    'ApplyAdam',
    'SaveV2',
  ])
    expect([...operators]).not.toContain(training);
  const placeholders = frozenNodes().filter(({ op }) => op.startsWith('Placeholder'));
  expect(placeholders.map(({ name }) => name)).toEqual(['NV_MODEL_INPUT']);
  expect(warnings).toEqual([
    expect.stringMatching(/^The checkpoint was frozen for serving: \d+ of \d+ nodes, 6 variables as constants$/),
    expect.stringContaining('"keep_prob" was set to 1 inside the graph'),
    expect.stringContaining('"is_training_2" was set to false'),
    expect.stringContaining('"training" was set to false'),
  ]);
  const names = new Set(frozenNodes().map(({ name }) => name));
  const inputs = frozenNodes().flatMap((node) => node.input.map((input) => input.replace(/^\^|:\d+$/g, '')));
  expect(inputs.filter((input) => !names.has(input))).toEqual([]);
});

const flipped = (at: number) => (bytes: Buffer) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};

test.each<[string, Parameters<typeof small>[0], RegExp]>([
  [
    'a flipped bit of data',
    { [SHARDS[0]]: (bytes) => bytes.map((byte) => byte ^ 1) as Buffer },
    /the data of ".*" is damaged \(its checksum is wrong\)/,
  ],
  [
    'cut data',
    { [SHARDS[1]]: (bytes) => bytes.subarray(0, 40) },
    /the data of ".*" is cut off: \d+ of \d+ bytes are there/,
  ],
  ['a flipped bit of the index', { 'model.ckpt.index': flipped(20) }, /the block at byte 0 is damaged/],
  ['a cut index', { 'model.ckpt.index': (bytes) => bytes.subarray(0, 100) }, /does not end like an index file/],
  [
    'a cut graph',
    { 'model.ckpt.meta': (bytes) => bytes.subarray(0, 1000) },
    /as a TensorFlow checkpoint: index out of range/,
  ],
])('%s is refused, and leaves no file', async (_what, change, why) => {
  await expect(freeze(small(change))).rejects.toMatchObject({
    code: 'BAD_MODEL_FILE',
    message: expect.stringMatching(why),
  });
  expect(existsSync(join(folder, 'frozen'))).toBe(false);
});

/** A sorted table with one block of data (LevelDB, doc/table_format.md); each key is given by how much of the last it shares, and its rest. */
function tableOf(pairs: readonly { shared: number; rest: Uint8Array; value: Uint8Array }[]): Buffer {
  const numbers = (...values: number[]) =>
    values.reduce((writer, value) => writer.uint32(value), Writer.create()).finish();
  const withTrailer = (entries: typeof pairs) => {
    const content = Buffer.concat([
      ...entries.flatMap(({ shared, rest, value }) => [numbers(shared, rest.length, value.length), rest, value]),
      Buffer.alloc(5),
    ]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(maskedCrc32c(crc32c(content)));
    return Buffer.concat([content, crc]);
  };
  const data = withTrailer(pairs);
  const places = withTrailer([{ shared: 0, rest: Buffer.from('z'), value: numbers(0, data.length - 5) }]);
  const footer = Buffer.alloc(48);
  Buffer.from(numbers(0, 0, data.length, places.length - 5)).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  return Buffer.concat([data, places, footer]);
}

const HEADER = { shared: 0, rest: Buffer.alloc(0), value: Buffer.alloc(0) };
const keys = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...HEADER,
    shared: n === 0 ? 0 : bytes,
    rest: Buffer.alloc(n === 0 ? bytes : 0, 97),
  }));

test.each([
  ['one long key', tableOf([HEADER, ...keys(1, 20_000)]), /keys have more bytes than \d+, or one more than 16384/],
  [
    'few bytes that stand for many keys',
    tableOf([HEADER, ...keys(5000, 16_000)]),
    /keys have more bytes than 67108864/,
  ],
  [
    'two milliards of data files',
    tableOf([{ ...HEADER, value: Buffer.from(Writer.create().uint32(8).int32(2_000_000_000).finish()) }]),
    /data files are missing: \.data-00002-of-2000000000/,
  ],
  ['a file too large for an index', undefined, /its index has 67108865 bytes, the limit is 67108864/],
])('an index that asks for much memory is refused: %s', async (_, index, sentence) => {
  const files = small(index && { 'model.ckpt.index': () => index });
  if (!index) truncateSync(files.index, 2 ** 26 + 1);
  await expect(freeze(files)).rejects.toMatchObject({
    code: 'BAD_MODEL_FILE',
    message: expect.stringMatching(sentence),
  });
});

test('a missing shard is named', async () => {
  const files = small();
  await expect(freeze({ ...files, shards: new Map([[1, files.shards.get(1)!]]) })).rejects.toThrow(
    'its data file is missing: .data-00000-of-00002',
  );
});

test.each<[string, typeof ENDS, RegExp]>([
  [
    'an output that is not there',
    { ...ENDS, outputs: ['NV_MODEL_OUTPUTS'] },
    /no node "NV_MODEL_OUTPUTS"; did you mean "NV_MODEL_OUTPUT"/,
  ],
  [
    'an input that is not fed',
    { ...ENDS, inputs: [] },
    /needs the placeholder "NV_MODEL_INPUT" of shape \[-1,6,6,2\], which the config does not feed/,
  ],
])('%s', async (_what, ends, why) => {
  await expect(freeze(small(), ends)).rejects.toThrow(why);
});

test('any node may be the input: what lies before it goes', async () => {
  await freeze(small(), { inputs: ['Relu'], outputs: ['NV_MODEL_OUTPUT'] });
  const relu = frozenNodes().find(({ name }) => name === 'Relu');
  expect(relu).toMatchObject({ op: 'Placeholder', input: [] });
  expect(frozenNodes().map(({ name }) => name)).not.toContain('NV_MODEL_INPUT');
});

describeWithData('the public MSNet checkpoint', ['data/models/tf1_msnet_wt32/model.ckpt.meta'], (meta) => {
  const files = () => filesAt(meta.replace(/\.meta$/, ''), ['model.ckpt.data-00000-of-00001']);

  test('gives as many nodes as TensorFlow’s own freezing', async () => {
    await freeze(files(), { inputs: ['Placeholder'], outputs: ['Softmax'] });
    expect(frozenNodes()).toHaveLength(golden.msnet.nodes);
  });

  test('every tensor has its checksum', async () => {
    const { index, shards } = files();
    const bundle = await TensorBundle.open(index, shards);
    expect(bundle.entries.size).toBe(563);
    for (const entry of bundle.entries.values())
      for await (const chunk of bundle.read(entry)) expect(chunk.length).toBeGreaterThan(0);
  });
});
