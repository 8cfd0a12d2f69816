import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModelConfig } from '../../gateway/config/parse-model-config';
import { buildPackage } from '../../gateway/packages/build-package';
import { recognise } from '../../gateway/packages/inspect-model';
import { prepareModel } from '../../gateway/packages/prepare-model';
import { decodeTensorFlow, type CheckpointGraph } from '../../gateway/packages/tensorflow/graph';
import { flaggedGraph } from '../system/models/annotation-graph';
import { brightConfig } from '../system/onnx-builder';
import { bytes, integer, message } from './protobuf';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'prepare-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const spec = parseModelConfig(brightConfig(), 'm');

const readGraph = (bytes: Buffer) => decodeTensorFlow<CheckpointGraph>('CheckpointGraph', bytes);

async function upload(graph: Buffer) {
  const path = join(folder, 'graph.pb');
  writeFileSync(path, graph);
  return recognise(path, 'graph.pb');
}

const type = (name: string, code: number) => message(5, bytes(1, name), message(2, integer(6, code)));
const shape = (...dims: number[]) =>
  message(5, bytes(1, 'shape'), message(2, message(7, ...dims.map((size) => message(2, integer(1, size))))));
const placeholder = (name: string, code: number, ...dims: number[]) =>
  message(1, bytes(1, name), bytes(2, 'Placeholder'), type('dtype', code), shape(...dims));
const output = (...inputs: string[]) =>
  message(1, bytes(1, 'OUTPUT'), bytes(2, 'AddN'), ...inputs.map((input) => bytes(3, input)));
const image = placeholder('INPUT', 1, -1, 1, -1, -1, -1);

test('a training flag becomes a constant; all other bytes stay', async () => {
  const { model, warnings } = await prepareModel(spec, await upload(flaggedGraph()));
  expect(warnings).toEqual([expect.stringContaining('"training" was set to false')]);
  const before = readGraph(flaggedGraph());
  const after = readGraph(readFileSync(model.path));
  expect(after.node.map(({ name }) => name)).toEqual(before.node.map(({ name }) => name));
  expect(after.node.filter(({ name }) => name !== 'training')).toEqual(
    before.node.filter(({ name }) => name !== 'training'),
  );
  expect(after.node.find(({ name }) => name === 'training')?.op).toBe('Const');
  expect(after.versions).toEqual(before.versions);
});

test.each([
  ['keep_prob', 1, 1],
  ['dropout_rate', 1, 0],
  ['is_training', 10, 0],
  ['phase_train', 10, 0],
  ['is_inference', 10, 1],
])('%s', async (name, code, wanted) => {
  const graph = Buffer.concat([image, placeholder(name, code), output('INPUT', name)]);
  const { model } = await prepareModel(spec, await upload(graph));
  const { attr } = readGraph(readFileSync(model.path)).node[1];
  const content = Buffer.from(attr.value);
  expect(code === 1 ? content.readFloatLE(content.length - 4) : content.at(-1)).toBe(wanted);
});

test('a scalar whose value cannot be told is refused; one that nothing needs stays', async () => {
  const scalar = placeholder('temperature', 1);
  await expect(
    prepareModel(spec, await upload(Buffer.concat([image, scalar, output('INPUT', 'temperature')]))),
  ).rejects.toMatchObject({
    code: 'BAD_MODEL_FILE',
    message: expect.stringMatching(/the scalar input "temperature" \(TYPE_FP32\), which Triton cannot feed/),
  });
  const { model, warnings } = await prepareModel(spec, await upload(Buffer.concat([image, scalar, output('INPUT')])));
  expect([readGraph(readFileSync(model.path)).node.map(({ name }) => name), warnings]).toEqual([
    ['INPUT', 'temperature', 'OUTPUT'],
    [],
  ]);
});

test.each([
  ['free axes take the graph’s sizes', [-1, 1, 8, 8, 4], undefined],
  ['another rank', [-1, 1, 8, 8], /has dims \[1, -1, -1, -1\] in the config, but \[1, 8, 8\]/],
  ['a fixed batch', [5, 1, 8, 8, 4], /whose first axis is not a free batch axis/],
])('%s', async (_what, dims, why) => {
  const built = buildPackage(spec, await upload(Buffer.concat([placeholder('INPUT', 1, ...dims), output('INPUT')])));
  if (why) await expect(built).rejects.toThrow(why);
  else expect((await built).config.input[0].dims).toEqual([1, 8, 8, 4]);
});

test('another type than the graph’s is refused', async () => {
  const built = buildPackage(
    spec,
    await upload(Buffer.concat([placeholder('INPUT', 3, -1, 1, -1, -1, -1), output('INPUT')])),
  );
  await expect(built).rejects.toThrow('input "INPUT" is TYPE_FP32 in the config but TYPE_INT32 in the model file');
});
