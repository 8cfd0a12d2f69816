import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackage } from '../../../gateway/packages/build-package';
import { recognise } from '../../../gateway/packages/inspect-model';
import type { BuildOptions } from '../../../gateway/packages/repository-package';
import { clara4, parse } from '../../config/configs';
import {
  harmlessOnnx,
  harmlessSavedModel,
  hostileGraphs,
  hostileOnnx,
  hostileSavedModels,
  hostileTorch,
  torchCode,
  type HostileModel,
} from './hostile-models';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'operators-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function build(content: Buffer, name: string, options?: BuildOptions) {
  const path = join(folder, name === 'saved_model.pb' ? 'model.savedmodel' : 'model');
  if (name === 'saved_model.pb') mkdirSync(path, { recursive: true });
  writeFileSync(name === 'saved_model.pb' ? join(path, name) : path, content);
  return buildPackage(parse(clara4()), await recognise(path, name), options);
}

const formats: [format: string, name: string, models: HostileModel[]][] = [
  ['TorchScript', 'model.pt', hostileTorch],
  ['a TensorFlow graph', 'model.graphdef', hostileGraphs],
  ['a SavedModel', 'saved_model.pb', hostileSavedModels],
  ['ONNX', 'model.onnx', hostileOnnx],
];

describe.each(formats)('%s is refused by the name of the operation', (_, name, models) => {
  test('there are thirty', () => expect(models).toHaveLength(30));

  test.each(models.map((model): [string, HostileModel] => [model.what, model]))('%s', async (_what, model) => {
    await expect(build(model.content, name)).rejects.toMatchObject({
      code: 'CODE_NOT_ALLOWED',
      message: expect.stringContaining(`does more than compute: ${model.operator} `),
    });
    await expect(build(model.content, name, { allowCode: true })).resolves.toBeDefined();
  });
});

test('the place is told: file and line, node, function', async () => {
  const told = (models: readonly HostileModel[], what: string, name: string) =>
    build(models.find((model) => model.what === what)!.content, name).catch(({ message }: Error) => message);
  expect(await told(hostileTorch, hostileTorch[4].what, 'a.pt')).toContain(
    'image::read_file in code/__torch__.py, line 5 (reads or writes files). Upload',
  );
  expect(await told(hostileGraphs, 'in a branch', 'b.pb')).toContain('WriteFile "in" in the function "F" (reads or');
  expect(await told(hostileOnnx, 'in a function of its own', 'c.onnx')).toContain(
    'acme::Shell "n" in the function "F" (no computing operator of ONNX Runtime 1.',
  );
});

test.each([
  ['names in strings and comments', torchCode('s = "torch.save(\\"a\\") ops.image.read_file" # torch.from_file(s)')],
  ['attributes and arguments that are called like operators', torchCode('ops = self.save\n    y = self.ops.load')],
  ['weights in packed form', torchCode('c = __torch__.torch.classes.quantized.Conv2dPackedParamsBase')],
])('computing TorchScript is taken: %s', async (_, content) => {
  await expect(build(content, 'x.pt')).resolves.toMatchObject({ platform: 'pytorch_libtorch' });
});

test('a SavedModel reads its own variables; an ONNX model may have functions', async () => {
  await expect(build(harmlessSavedModel, 'saved_model.pb')).resolves.toBeDefined();
  await expect(build(harmlessOnnx, 'x.onnx')).resolves.toBeDefined();
});

test('code of many refusals is not listed without end; a library in the archive is named', async () => {
  await expect(build(torchCode('t = ops\n    '.repeat(1000)), 'x.pt')).rejects.toThrow('; and 97 more.');
  const library = torchCode('pass', { 'data/net.so': '' });
  await expect(build(library, 'x.pt')).rejects.toThrow('data/net.so is a library');
});

test('TorchScript of the old form, and TensorRT plans, need the flag', async () => {
  const old = torchCode('pass', { 'model.json': '{}' });
  await expect(build(old, 'x.pt')).rejects.toMatchObject({ code: 'CODE_NOT_ALLOWED' });
  await expect(build(Buffer.from('ptrt\0'), 'x.plan')).rejects.toMatchObject({ code: 'CODE_NOT_ALLOWED' });
  await expect(build(Buffer.from('ptrt\0'), 'y.plan', { allowCode: true })).resolves.toBeDefined();
});

test('a model that was stored before goes on serving, and is told of', async () => {
  const told: string[] = [];
  const { warnings } = await build(hostileTorch[0].content, 'x.pt', { onStoredCode: (what) => told.push(what) });
  expect(told).toEqual([expect.stringContaining('aten::from_file in code')]);
  expect(warnings).toContainEqual(
    expect.stringMatching(/would be refused today, and goes on serving.*aten::from_file/),
  );
});
