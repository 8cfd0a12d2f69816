import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectFormat } from '../../gateway/packages/detect-format';
import { describeWithData } from '../shared-data';
import { bytes, integer, message, onnx, value } from './protobuf';
import { zip } from './zip';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'detect-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const detect = (content: Buffer, name = 'model.bin') => {
  const path = join(folder, 'upload');
  writeFileSync(path, content);
  return detectFormat(path, name);
};

const weights = message(5, bytes(8, 'w'), bytes(9, Buffer.alloc(200_000, 7)));
const network = onnx(value(11, 'x', 1, [1]), value(12, 'y', 1, [1]), weights);
const node = (name: string, op: string) => message(1, bytes(1, name), bytes(2, op));
const graph = Buffer.concat([
  node('img', 'Placeholder'),
  message(1, bytes(1, 'w'), bytes(2, 'Const'), bytes(5, Buffer.alloc(200_000))),
  node('out', 'Sigmoid'),
  message(4, integer(1, 22)),
]);

test.each<[string, Buffer, string]>([
  ['onnx', network, 'wrong.pt'],
  ['torchscript', zip(['m/data.pkl', 'm/code/__torch__.py', 'm/constants.pkl', 'm/version']), 'wrong.onnx'],
  ['graphdef', graph, 'model.trt.pb'],
  ['tensorrt', Buffer.from('ptrt\x00\x00\x01'), 'x'],
  ['tensorrt', Buffer.from('ftrt\x00\x00\x01'), 'x'],
])('%s by its content, whatever its name', async (format, content, name) => {
  expect(await detect(content, name)).toEqual({ format, sure: true });
});

test('a plan of an unknown version by its suffix', async () => {
  expect(await detect(Buffer.from([0, 1, 2, 3]), 'x.plan')).toEqual({ format: 'tensorrt', sure: false });
});

test.each<[string, Buffer, string]>([
  ['an empty file (0 bytes)', Buffer.alloc(0), 'a.onnx'],
  ['a text file', Buffer.from('just some text, with umlauts äöü\n'.repeat(40)), 'a.onnx'],
  ['a JSON text', Buffer.from('{"version": 1}'), 'a.onnx'],
  ['a web page', Buffer.from('<!DOCTYPE html><html>'), 'a.pt'],
  ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0'), 'a.pt'],
  ['a PyTorch checkpoint (weights without the network)', zip(['m/data.pkl', 'm/version', 'm/data/0']), 'a.pt'],
  ['a PyTorch exported program (.pt2)', zip(['serialized_exported_program.json', 'version']), 'a.pt2'],
  ['a zip archive (a, b, c, ...)', zip(['a', 'b', 'c', 'd']), 'a.zip'],
  ['a zip file that is not whole (a zip file without its end; it is cut off)', zip(['a']).subarray(0, 31), 'a.zip'],
  ['a gzip file', Buffer.from([0x1f, 0x8b, 8, 0]), 'a.pb'],
  ['a Python pickle, probably an old PyTorch checkpoint', Buffer.from([0x80, 2, 0x8a, 0x0a]), 'a.pt'],
  [
    'a TensorFlow SavedModel without its variables',
    Buffer.concat([integer(1, 1), message(2, bytes(1, 'x\x01'))]),
    'saved_model.pb',
  ],
  ['a binary file of unknown kind, in spite of its name not an ONNX model', Buffer.alloc(64), 'a.onnx'],
  ['a binary file of unknown kind, in spite of its name not TorchScript', Buffer.from([255, 254, 0, 1]), 'a.pt'],
  ['a binary file of unknown kind', Buffer.from([0, 1, 2]), 'a'],
])('%s', async (found, content, name) => {
  expect(await detect(content, name)).toMatchObject({ found });
});

test.each([
  ['an ONNX model', network],
  ['a TensorFlow graph', graph],
])('%s that is cut off', async (kind, content) => {
  const detected = await detect(content.subarray(0, 150_000));
  expect(detected).toMatchObject({
    found: expect.stringMatching(new RegExp(`^${kind} that is cut off \\(\\d+ bytes are missing\\)$`)),
  });
});

const real: [string, string][] = [
  ['spleen_ct_unet2d.onnx', 'onnx'],
  ['triton_simple/model.onnx', 'onnx'],
  ['brain_extract_deepbrain.onnx', 'onnx'],
  ['spleen_ct_unet2d.pt', 'torchscript'],
  ['brain_extract_deepbrain.pt', 'torchscript'],
  ['deepbrain_graph_v2.pb', 'graphdef'],
];

for (const [name, format] of real) {
  describeWithData('a real file', [`data/models/${name}`], (file) => {
    test(`${name} is ${format}`, async () => {
      expect(await detectFormat(file, 'upload')).toEqual({ format, sure: true });
    });
  });
}

describeWithData(
  'parts of other exports',
  ['data/models/tf1_msnet_wt32/model.ckpt.meta', 'data/models/tfjs_meshnet5/model.json'],
  (meta, json) => {
    test('are named for what they are', async () => {
      expect(await detectFormat(meta, 'model.pb')).toMatchObject({
        found: 'the meta graph of a TensorFlow checkpoint',
      });
      expect(await detectFormat(json, 'model.json')).toMatchObject({ found: 'a JSON text' });
    });
  },
);
