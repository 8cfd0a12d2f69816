import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openOnnxModel } from '../../../gateway/packages/formats/onnx-model';
import onnx from '../../../gateway/packages/operators/onnx.json';
import { foreignGraphOperators } from '../../../gateway/packages/operators/tensorflow-graph';
import tensorflow from '../../../gateway/packages/operators/tensorflow.json';
import { foreignTorchCode } from '../../../gateway/packages/operators/torch-code';
import torch from '../../../gateway/packages/operators/torch.json';
import { describeWithData } from '../../shared-data';

const root = join(__dirname, '..', '..', '..');

test('the tables are of the versions that the local Triton runs', () => {
  const pins = readFileSync(join(root, 'triton-local/triton_local/pins.py'), 'utf8');
  for (const { framework } of [torch, tensorflow, onnx]) {
    const [name, version] = /^(.*) ([\d.]+)$/.exec(framework)!.slice(1);
    const pin = { PyTorch: 'TORCH', TensorFlow: 'TENSORFLOW', 'ONNX Runtime': 'ONNXRUNTIME' }[name];
    expect(pins).toMatch(new RegExp(`^${pin} = .*11: "${version}"`, 'm'));
  }
});

test('no operator is in a table and taken out of it', () => {
  for (const { operators, refused } of [torch, tensorflow, onnx]) {
    const names = Object.entries(operators).flatMap(([space, lines]) =>
      (lines as string[]).flatMap((line) => line.split(' ').map((name) => `${space}::${name}`)),
    );
    const out = Object.values(refused).flatMap((lines) => lines.flatMap((line) => line.split(' ')));
    expect(names.filter((name) => out.includes(name))).toEqual([]);
    expect([names.length, out.length].every((count) => count > 3)).toBe(true);
  }
});

test.each(readdirSync(join(root, 'samples'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx')))(
  'the sample %s computes and nothing else',
  async (name) => expect((await openOnnxModel(join(root, 'samples', name))).foreign).toEqual([]),
); // prettier-ignore

const names = ['brain_18cls_meshnet21', 'brain_extract_deepbrain', 'brain_gwm_meshnet5', 'spleen_ct_unet2d'];
describeWithData(
  'public models compute and nothing else',
  [...names.flatMap((name) => [`data/models/${name}.onnx`, `data/models/${name}.pt`]), 'data/models/deepbrain_graph_v2.pb'],
  (...files) => {
    const graph = files.pop()!;
    test.each(files)('%s', async (file) => {
      const foreign = file.endsWith('.pt') ? await foreignTorchCode(file) : (await openOnnxModel(file)).foreign;
      expect(foreign).toEqual([]);
    });

    test('a graph that still has the iterator of its training, when its image is fed', async () => {
      const foreign = await foreignGraphOperators(graph);
      expect(foreign({ inputs: ['img'], outputs: ['prob'] })).toEqual([]);
      expect(foreign({ inputs: [], outputs: ['prob'] })[0]).toMatch(/^IteratorGetNext "IteratorGetNext" \(/);
    });
  },
); // prettier-ignore
