import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackMmar } from '../../../gateway/models/packages/mmar';
import { zipOf } from './zip-builder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mmar-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function unpack(files: Record<string, string> | Buffer, maxBytes = 1000) {
  const path = join(folder, 'upload.zip');
  writeFileSync(path, Buffer.isBuffer(files) ? files : zipOf(files));
  return unpackMmar({ path, name: 'spleen.zip' }, folder, maxBytes);
}

const config = '{"version": "2"}';

test('config and model of an archive as NGC ships it', async () => {
  const mmar = await unpack({
    'docs/Readme.md': 'hello',
    'config/config_aiaa.json': config,
    'config/config_train.json': '{}',
    'models/model.trt.pb': 'network',
    'resources/log.config': '',
  });
  expect(mmar).toEqual({ config, data: { path: expect.any(String), name: 'model.trt.pb' }, warnings: [] });
  expect(readFileSync(mmar.data.path, 'utf8')).toBe('network');
});

test('one folder down, as people zip it: taken, with a warning', async () => {
  const mmar = await unpack({
    '__MACOSX/config/config_aiaa.json': 'x',
    'spleen_mmar/config/config_aiaa.json': config,
    'spleen_mmar/models/model.ts': 'network',
  });
  expect(mmar.config).toBe(config);
  expect(mmar.data.name).toBe('model.ts');
  expect(mmar.warnings).toEqual([expect.stringContaining('spleen_mmar/')]);
});

test('of several model files the one NVIDIA means is taken, and the others are named', async () => {
  const mmar = await unpack({
    'config/config_aiaa.json': config,
    'models/model.fzn.pb': 'frozen',
    'models/model.onnx': 'onnx',
    'models/model.trt.pb': 'right',
  });
  expect(readFileSync(mmar.data.path, 'utf8')).toBe('right');
  expect(mmar.warnings).toEqual([expect.stringMatching(/model\.onnx.*model\.fzn\.pb/)]);
});

test('an entry that wants to climb out lands nowhere', async () => {
  await expect(unpack({ 'config/config_aiaa.json': config, 'models/../../evil.pb': 'x' })).resolves.toMatchObject({
    data: { path: join(folder, 'mmar-model'), name: 'evil.pb' },
  });
});

test.each([
  ['no config', { 'models/model.trt.pb': 'x' }, /no config\/config_aiaa\.json/],
  ['no model', { 'config/config_aiaa.json': config, 'models/checkpoint': 'x' }, /no model file in models\//],
  [
    'a model over the limit',
    { 'config/config_aiaa.json': config, 'models/model.ts': 'x'.repeat(2000) },
    /2000 bytes, the limit is 1000/,
  ],
  ['no zip', Buffer.from('this is no archive'), /not the zip archive of an MMAR.*form file "config"/],
])('%s is refused', async (_what, files, message) => {
  await expect(unpack(files as Record<string, string>)).rejects.toThrow(message);
});

test('a damaged model file is refused', async () => {
  const zip = zipOf({ 'config/config_aiaa.json': config, 'models/model.ts': 'network '.repeat(50) });
  zip.fill(
    0xff,
    zip.indexOf('models/model.ts') + 'models/model.ts'.length,
    zip.indexOf('models/model.ts') + 'models/model.ts'.length + 12,
  );
  await expect(unpack(zip)).rejects.toThrow(/models\/model\.ts is damaged/);
});
