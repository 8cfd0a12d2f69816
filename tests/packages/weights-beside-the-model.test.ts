import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackage } from '../../gateway/packages/build-package';
import { openUpload } from '../../gateway/packages/open-upload';
import { clara3, parse } from '../config/configs';
import { bytes, message, onnx, value } from './protobuf';
import { zipOf } from './zip-builder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weights-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A network with a weight of 4 bytes, from byte `offset` of each file on. */
const network = (...locations: string[]) => networkAt('0', locations);
const networkAt = (offset: string, locations: string[]) =>
  onnx(
    ...locations.map((location, at) => message(5, bytes(8, `w${at}`), ...entry('location', location), ...entry('offset', offset), ...entry('length', '4'))),
    value(11, 'NV_MODEL_INPUT', 1, ['n', 1, -1, -1, -1]),
    value(12, 'NV_MODEL_OUTPUT', 1, ['n', 2, -1, -1, -1]),
  ); // prettier-ignore
const entry = (key: string, text: string) => [message(13, bytes(1, key), bytes(2, text))];

const trtis = { platform: 'onnxruntime_onnx', max_batch_size: 1 };
const config = JSON.stringify(clara3({ trtis, node_mapping: { NV_MODEL_INPUT: 'image', NV_MODEL_OUTPUT: 'model' } }));
const pbtxt = 'platform: "onnxruntime_onnx" max_batch_size: 1';

const file = (name: string, content: Uint8Array) => {
  const path = join(folder, `sent-${name.replaceAll('/', '-')}`);
  writeFileSync(path, content);
  return { path, name };
};

/** Opens an upload and builds its package, as the server does. */
async function publish(data: { path: string; name: string }, others: { path: string; name: string }[] = []) {
  const opened = await openUpload({ config, data, others }, mkdtempSync(join(folder, 'to-')));
  const { tritonConfig } = opened.data;
  const built = await buildPackage(parse(JSON.parse(opened.config), { tritonConfig }), opened.data);
  return { built, files: readdirSync(opened.data.path, { recursive: true }).map(String).sort(), opened };
}

const four = Buffer.from([0, 0, 0, 64]);

test.each<[string, Record<string, string | Buffer>]>([
  ['a Triton folder', { 'config.pbtxt': pbtxt, '1/model.onnx': network('w.data', 'deep/er/w.bin'), '1/w.data': four, '1/deep/er/w.bin': four }],
  ['an MMAR', { 'config/config_aiaa.json': config, 'models/net.onnx': network('w.data', './deep/er/w.bin'), 'models/w.data': four, 'models/deep/er/w.bin': four }],
  ['a bundle', { 'configs/inference.json': '{}', 'models/model.onnx': network('w.data', 'deep/er/w.bin'), 'models/w.data': four, 'models/deep/er/w.bin': four }],
  ['a flat archive', { 'config_aiaa.json': config, 'model.onnx': network('w.data', 'deep/er/w.bin'), 'w.data': four, 'deep/er/w.bin': four }],
])('%s brings its weights along', async (_, files) => {
  const { built, files: kept } = await publish(file('x.zip', zipOf(files)));
  expect(built.fileName).toBe('repository');
  expect(kept.filter((name) => /^version.*\.(onnx|data|bin)$/.test(name))).toEqual(['version/deep/er/w.bin', 'version/model.onnx', 'version/w.data']); // prettier-ignore
  expect(built.inputs?.map(({ name }) => name)).toEqual(['NV_MODEL_INPUT']);
}); // prettier-ignore

test('form files side by side, whatever their order and folders', async () => {
  const model = file('net.onnx', network('net.onnx.data', 'weights/w.bin'));
  const { opened, built } = await publish(model, [file('w.bin', four), file('net.onnx.data', four)]);
  expect(readFileSync(join(opened.data.path, 'version/weights/w.bin'))).toEqual(four);
  expect(built.platform).toBe('onnxruntime_onnx');
});

test.each<[string, () => Promise<unknown>, RegExp]>([
  ['the model alone', () => publish(file('model.onnx', network('model.onnx.data'))), /did not come with it: model\.onnx\.data; send them too/],
  ['an archive without it', () => publish(file('x.zip', zipOf({ 'config_aiaa.json': config, 'model.onnx': network('a.data') }))), /not in the archive: a\.data; pack them beside model\.onnx/],
  ['a Triton folder without it', () => publish(file('x.zip', zipOf({ 'config.pbtxt': pbtxt, '1/model.onnx': network('a.data') }))), /did not come with it: a\.data/],
  ['a Triton folder with a short one', () => publish(file('x.zip', zipOf({ 'config.pbtxt': pbtxt, '1/model.onnx': networkAt('4', ['a.data']), '1/a.data': four }))), /"a\.data" has 4 bytes, and the model reads 8/],
  ['one of two form files', () => publish(file('m.onnx', network('a', 'b')), [file('a', four)]), /did not come with it: b/],
  ['a file that belongs to nothing', () => publish(file('m.onnx', network('a')), [file('a', four), file('z', four)]), /several files came as "data" \(m\.onnx, a, z\)/],
  ...['../a.data', '/etc/passwd', 'C:\\a', 'x/../../a'].map((location): [string, () => Promise<unknown>, RegExp] => [
    location,
    () => publish(file('x.zip', zipOf({ 'config_aiaa.json': config, 'model.onnx': network(location), 'a.data': four }))),
    /lie outside its folder/,
  ]),
  ['the place of the model', () => publish(file('x.zip', zipOf({ 'config_aiaa.json': config, 'net.onnx': network('model.onnx'), 'model.onnx.d': four }))), /the name of the model itself/],
])('%s: refused', async (_, act, why) => {
  await expect(act()).rejects.toMatchObject({ code: 'BAD_MODEL_FILE', message: expect.stringMatching(why) });
}); // prettier-ignore

test('weights of branches and constants count too', async () => {
  const external = message(5, bytes(8, 'w'), ...entry('location', 'branch.data'));
  const branch = message(5, bytes(1, 'then_branch'), message(6, external));
  const model = onnx(message(1, bytes(4, 'If'), branch), value(11, 'x', 1, [1]), value(12, 'y', 1, [1]));
  await expect(publish(file('m.onnx', model))).rejects.toThrow(/branch\.data/);
});
