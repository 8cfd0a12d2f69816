import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { openUpload, type OpenOptions } from '../../gateway/packages/open-upload';
import { bytes, message, onnx, value } from './protobuf';
import { tarOf } from './archives/tar-builder';
import { zipOf } from './zip-builder';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'open-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function open(content: Buffer, name = 'spleen.zip', config?: string, options: OpenOptions = {}) {
  const path = join(folder, 'sent');
  writeFileSync(path, content);
  return openUpload({ config, data: { path, name } }, folder, options);
}

const config = '{"version": "2"}';
const network = onnx(value(11, 'x', 1, [1]), value(12, 'y', 1, [1]));
const graph = message(1, bytes(1, 'x'), bytes(2, 'Placeholder'));
const mmar = { 'docs/Readme.md': 'hello', 'config/config_aiaa.json': config, 'models/model.trt.pb': graph };

async function tarStreamOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const LONG = `models/${'name-of-a-hundred-characters-'.repeat(5)}.trt.pb`;

test.each<[string, () => Buffer | Promise<Buffer>]>([
  ['zip', () => zipOf(mmar)],
  ['tar', () => tarOf(mmar)],
  ['tar by tar-stream', () => tarStreamOf(mmar)],
  ['tar.gz', () => gzipSync(tarOf(mmar))],
])('an MMAR as %s, whatever its name', async (_what, make) => {
  const opened = await open(await make(), 'upload.bin');
  expect(opened).toMatchObject({ config, data: { name: 'model.trt.pb', file: { detected: { format: 'graphdef' } } } });
  expect(opened.warnings).toEqual([]);
  expect(readFileSync(opened.data.path)).toEqual(graph);
});

test('archives of the programs people use', async () => {
  const source = join(folder, 'mmar');
  execFileSync('mkdir', ['-p', join(source, 'config'), join(source, 'models')]);
  for (const [name, content] of Object.entries(mmar).slice(1)) writeFileSync(join(source, name), content);
  execFileSync('tar', ['czf', join(folder, 'x.tgz'), '-C', source, '.']);
  execFileSync('tar', ['cf', join(folder, 'x.tar'), '--format=pax', '-C', folder, 'mmar']);
  const python = `import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2], sys.argv[3])`;
  execFileSync('python3', ['-c', python, join(folder, 'x'), folder, 'mmar']);
  for (const name of ['x.tgz', 'x.tar', 'x.zip']) {
    const directory = mkdtempSync(join(folder, 'to-'));
    const opened = await openUpload({ data: { path: join(folder, name), name } }, directory);
    expect(readFileSync(opened.data.path)).toEqual(graph);
    const oneDown =
      name === 'x.tgz'
        ? []
        : [expect.stringMatching(/^The archive has an MMAR .* in the folder mmar\/ instead of at its root/)];
    expect(opened.warnings).toEqual(oneDown);
  }
});

test('names that a header cannot hold, and the litter of macOS', async () => {
  const { [LONG]: model, ...rest } = { 'config/config_aiaa.json': config, 'models/._x.pb': 'litter', [LONG]: graph };
  const { data } = await open(await tarStreamOf({ ...rest, [LONG]: model as Buffer }), 'x.tar');
  expect(`models/${data.name}`).toBe(LONG);
  const zip = { '__MACOSX/config/config_aiaa.json': 'x', ...mmar, 'models/.DS_Store': 'x' };
  expect(
    (await openUpload({ data: { path: write(zipOf(zip)), name: 'x.zip' } }, mkdtempSync(join(folder, 'to-')))).warnings,
  ).toEqual([]);
});

const write = (content: Buffer) => {
  const path = join(folder, 'other');
  writeFileSync(path, content);
  return path;
};

test.each([
  ['model.onnx.gz', gzipSync(network)],
  ['model.zip', zipOf({ 'model.onnx': network })],
  ['model.zip', zipOf({ 'folder/network': network, 'folder/net.onnx': network })],
  ['model.tgz', gzipSync(tarOf({ 'any name': network }))],
])('one model file in %s, with its config beside it', async (name, content) => {
  const opened = await open(content, name, config);
  expect(opened.config).toBe(config);
  expect(readFileSync(opened.data.path)).toEqual(network);
});

test('of several model files the config decides, then the name NVIDIA means', async () => {
  const models = { 'models/model.fzn.pb': 'frozen', 'models/model.onnx': 'onnx', 'models/model.trt.pb': 'right' };
  const chosen = async (text: string) => {
    rmSync(join(folder, 'model'), { recursive: true, force: true });
    const opened = await open(zipOf({ 'config/config_aiaa.json': text, ...models }));
    return [opened.data.name, opened.warnings];
  };
  expect(await chosen(config)).toEqual(['model.trt.pb', [expect.stringMatching(/model\.onnx, model\.fzn\.pb$/)]]);
  expect((await chosen('{"trtis": {"platform": "onnxruntime_onnx"}}'))[0]).toBe('model.onnx');
  expect((await chosen('{"default_model_filename": "model.fzn.pb"}'))[0]).toBe('model.fzn.pb');
});

test('a config beside the archive rules over the one in it', async () => {
  const opened = await open(zipOf(mmar), 'x.zip', '{"mine": 1}');
  expect(opened.config).toBe('{"mine": 1}');
  expect(opened.warnings).toEqual([expect.stringContaining('the config sent beside it was taken')]);
});

test('a MONAI bundle brings config, metadata and network', async () => {
  const bundle = { 'b/configs/inference.json': '{"inferer": 1}', 'b/configs/metadata.json': '{"version": "0.1"}' };
  const models = { 'b/models/model.pt': 'weights', 'b/models/model.ts': 'script', 'b/models/model.onnx': 'x' };
  const opened = await open(zipOf({ ...bundle, ...models }));
  expect(opened).toMatchObject({
    config: '{"inferer": 1}',
    bundleMetadata: { version: '0.1' },
    data: { name: 'model.ts' },
  });
});

test('a SavedModel is unpacked as a folder', async () => {
  const parts = {
    'saved_model.pb': 'x',
    'variables/variables.index': 'x',
    'variables/variables.data-00000-of-00001': 'x',
  };
  const { data } = await open(zipOf({ ...parts, 'assets.extra/x.so': 'code' }), 'x.zip', config);
  expect(readdirSync(data.path, { recursive: true }).sort()).toEqual([
    'saved_model.pb',
    'variables',
    'variables/variables.data-00000-of-00001',
    'variables/variables.index',
  ]);
});

test('the folder of a Triton repository keeps its config.pbtxt', async () => {
  const parts = {
    'm/config.pbtxt': 'backend: "onnxruntime"',
    'm/1/model.onnx': 'old',
    'm/12/model.onnx': 'new',
    'm/12/model.data': 'w',
    'm/labels.txt': 'l',
  };
  const { data, warnings } = await open(zipOf(parts), 'x.zip', config);
  expect(data.tritonConfig).toEqual({ backend: 'onnxruntime', max_batch_size: 0, input: [], output: [] });
  expect(readdirSync(data.path, { recursive: true }).sort()).toEqual([
    'beside',
    'beside/labels.txt',
    'version',
    'version/model.data',
    'version/model.onnx',
  ]);
  expect(readFileSync(join(data.path, 'version/model.onnx'), 'utf8')).toBe('new');
  expect(warnings).toContainEqual(expect.stringContaining('the versions 12, 1; 12 was taken'));
});

test.each(['1/model.py', '1/libtriton_custom.so', '1/lib.so.1.2', 'env/run.sh'])(
  'a Triton folder with %s is refused, unless the operator allows code',
  async (name) => {
    const parts = zipOf({ 'config.pbtxt': 'backend: "python"', '1/x': 'x', [name]: 'code' });
    await expect(open(parts, 'x.zip', config)).rejects.toMatchObject({
      code: 'CODE_NOT_ALLOWED',
      message: expect.stringContaining(name),
    });
    expect(existsSync(join(folder, 'repository'))).toBe(false);
    await expect(open(parts, 'x.zip', config, { allowCode: true })).resolves.toBeDefined();
  },
);

test('of several checkpoints the one TensorFlow would restore', async () => {
  const triple = (prefix: string) =>
    Object.fromEntries(
      ['meta', 'index', 'data-00000-of-00002', 'data-00001-of-00002'].map((part) => [`${prefix}.${part}`, 'x']),
    );
  const files = { ...triple('model.ckpt-100'), ...triple('model.ckpt-90') };
  const latest = { checkpoint: 'model_checkpoint_path: "/train/model.ckpt-90"\nall_model_checkpoint_paths: "x"\n' };
  expect((await open(zipOf(files), 'x.zip', config)).data.checkpoint?.name).toBe('model.ckpt-100');
  rmSync(join(folder, 'checkpoint'), { recursive: true });
  const { data, warnings } = await open(zipOf({ ...files, ...latest }), 'x.zip', config);
  expect([data.checkpoint?.name, [...data.checkpoint!.shards.keys()]]).toEqual(['model.ckpt-90', [0, 1]]);
  expect(warnings).toEqual(['The archive has several checkpoints; model.ckpt-90 was taken, not model.ckpt-100']);
});

test.each<[string, Record<string, string>, RegExp, string | undefined]>([
  [
    'no model',
    { 'config/config_aiaa.json': config, 'models/notes': 'x' },
    /no model file in models\/ \(\.trt\.pb/,
    undefined,
  ],
  [
    'part of a checkpoint',
    { 'a.ckpt.index': 'x', 'a.ckpt.meta': 'x' },
    /the checkpoint "a\.ckpt" lacks a\.ckpt\.data-00000-of-00001; zip all/,
    config,
  ],
  [
    'nothing known',
    { 'a.txt': 'x', 'b.txt': 'x' },
    /an archive with a\.txt, b\.txt\. Expected at its root, or one folder down: an MMAR/,
    config,
  ],
  [
    'a repository without version',
    { 'config.pbtxt': '', 'model.onnx': 'x' },
    /no version folder beside its config\.pbtxt.*its folders are: none/,
    config,
  ],
  [
    'a bundle without its network',
    { 'configs/inference.json': '{}', 'models/notes.txt': 'x', a: 'x' },
    /ckpt_export/,
    undefined,
  ],
  [
    'two models',
    { 'a/model.onnx': 'x', 'b/models/model.ts': 'x', 'b/config/config_aiaa.json': config },
    /it has 2 models, in the folders a\/, b\/; pack and upload each by itself/,
    config,
  ],
  [
    'two models of one kind',
    { 'a.onnx': 'x', 'b.onnx': 'x' },
    /several models \(a\.onnx, b\.onnx\); leave one/,
    config,
  ],
  [
    'metadata that are no JSON',
    { 'configs/inference.json': '{}', 'configs/metadata.json': '{', 'models/model.ts': 'x' },
    /its configs\/metadata\.json is not JSON/,
    undefined,
  ],
  [
    'a config that is no UTF-8',
    { 'config/config_aiaa.json': Buffer.from([0x7b, 0xe4]) as never, 'models/model.ts': 'x' },
    /its config\/config_aiaa\.json: line 1 is not UTF-8/,
    undefined,
  ],
])('an archive with %s is refused', async (_what, files, why, sent) => {
  await expect(open(zipOf(files), 'x.zip', sent)).rejects.toMatchObject({
    code: 'BAD_MODEL_FILE',
    message: expect.stringMatching(why),
  });
});

test.each([
  [
    'an archive',
    zipOf({ 'model.onnx': network }),
    /it has no config of its own \(.*or config_aiaa\.json beside the model\); send its config_aiaa\.json/,
  ],
  ['a bare file', network, /it came without a config, and is no archive with one/],
])('%s without any config is refused', async (_what, content, why) => {
  await expect(open(content)).rejects.toThrow(why);
});

test('a text is refused for what it is', async () => {
  await expect(open(Buffer.from('no model'), 'x.zip', config)).rejects.toThrow('it is a text file. Accepted are');
});

test.each<[string, Record<string, string | Buffer>]>([
  ['beside the model', { 'config_aiaa.json': config, 'model.onnx': network }],
  ['beside a Triton folder', { 'config_aiaa.json': config, 'config.pbtxt': 'backend: "x"', '1/model.onnx': network }],
  ['beside the model, one folder down', { 'm/config_aiaa.json': config, 'm/model.onnx': network }],
  ['with a byte order mark', { 'config/config_aiaa.json': `\ufeff${config}`, 'models/model.onnx': network }],
])('a config %s is found', async (_, files) => {
  expect((await open(zipOf(files))).config).toBe(config);
});

test('a bundle in YAML, its metadata too, or either of them', async () => {
  const inference = { json: '{"inferer": 1}', yaml: 'inferer: 1\n' };
  const metadata = { json: '{"version": "0.1"}', yml: 'version: "0.1"' };
  for (const [of, text] of Object.entries(inference))
    for (const [about, facts] of Object.entries(metadata)) {
      const files = { [`configs/inference.${of}`]: text, [`configs/metadata.${about}`]: facts, 'models/model.ts': 'x' };
      const opened = await openUpload({ data: { path: write(zipOf(files)), name: 'x.zip' } }, mkdtempSync(join(folder, 'to-'))); // prettier-ignore
      expect([JSON.parse(opened.config), opened.bundleMetadata]).toEqual([{ inferer: 1 }, { version: '0.1' }]);
    }
});

test.each([
  ['\xfd7zXZ\0', /an xz file \(\.xz, \.tar\.xz\), which is not unpacked here; pack the same files as \.zip/],
  ["7z\xbc\xaf'\x1c", /a 7-Zip archive/],
  ['Rar!\x1a\x07\0', /a RAR archive/],
  ['BZh9', /a bzip2 file/],
  ['\x28\xb5\x2f\xfd', /a Zstandard file/],
])('%j is refused by name', async (start, why) => {
  await expect(open(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(100, 7)]), 'x', config)).rejects.toThrow(why);
}); // prettier-ignore
