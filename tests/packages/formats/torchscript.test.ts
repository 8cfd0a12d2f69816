import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkTorchSignature, readTorchSignature } from '../../../gateway/packages/formats/torchscript';
import { describeWithData } from '../../shared-data';
import { torchScript } from '../torchscript-builder';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'script-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function read(...script: Parameters<typeof torchScript>) {
  const path = join(folder, 'model.pt');
  writeFileSync(path, torchScript(...script));
  return readTorchSignature(path);
}

const tensor = (name: string, data_type = 'TYPE_FP32') => ({ name, data_type, dims: [-1] });

test('names, types and defaults of the arguments, and what comes back', async () => {
  const args = 'image: Tensor,\n    guide: Optional[Tensor]=None,\n    flags: Dict[str, Tuple[int, int]]={}';
  expect(await read(args, 'Tuple[Tensor, Dict[str, Tensor]]', { storages: ['Half', 'Long', 'Half'] })).toEqual({
    arguments: [
      { name: 'image', type: 'Tensor', hasDefault: false },
      { name: 'guide', type: 'Optional[Tensor]', hasDefault: true },
      { name: 'flags', type: 'Dict[str, Tuple[int, int]]', hasDefault: true },
    ],
    returns: 'Tuple[Tensor, Dict[str, Tensor]]',
    storages: ['Half', 'Long'],
    trainingCalls: [],
  });
});

test.each<[string, string, string, ReturnType<typeof tensor>[], ReturnType<typeof tensor>[], RegExp]>([
  [
    'too many inputs',
    'x: Tensor',
    'Tensor',
    [tensor('a'), tensor('b')],
    [tensor('y')],
    /has 2 inputs, but the model is forward\(x: Tensor\) -> Tensor/,
  ],
  ['too few inputs', 'x: Tensor, y: Tensor', 'Tensor', [tensor('x')], [tensor('y')], /has 1 input, but/],
  [
    'an argument that is no tensor',
    'x: Tensor, training: bool',
    'Tensor',
    [tensor('x')],
    [tensor('y')],
    /needs "training", and Triton gives tensors only/,
  ],
  ['more outputs than come back', 'x: Tensor', 'Tensor', [tensor('x')], [tensor('y'), tensor('z')], /has 2 outputs/],
  [
    'a dictionary that comes back',
    'x: Tensor',
    'Dict[str, Tensor]',
    [tensor('x')],
    [tensor('y')],
    /returns a Dict\[str, Tensor\], and Triton takes a tensor/,
  ],
  [
    'a type that the backend has not',
    'x: Tensor',
    'Tensor',
    [tensor('x', 'TYPE_UINT16')],
    [tensor('y')],
    /"x" is TYPE_UINT16, which Triton's pytorch backend has not/,
  ],
])('%s', async (_what, args, returns, input, output, why) => {
  const { errors } = checkTorchSignature({ input, output }, await read(args, returns));
  expect(errors).toEqual([expect.stringMatching(why)]);
});

test.each<[string, string, ReturnType<typeof tensor>[], RegExp[]]>([
  ['names of the arguments', 'x: Tensor, y: Tensor', [tensor('y'), tensor('x')], []],
  ['names with an index', 'x: Tensor, y: Tensor', [tensor('INPUT__0'), tensor('INPUT__1')], []],
  ['other names', 'x: Tensor, y: Tensor', [tensor('a'), tensor('b')], [/in the order of the config/]],
  ['one dictionary of any tensors', 'batch: Dict[str, Tensor]', [tensor('a'), tensor('b'), tensor('c')], []],
])('%s', async (_what, args, input, wanted) => {
  const signature = await read(args, 'List[Tensor]');
  const { errors, warnings } = checkTorchSignature({ input, output: [tensor('y'), tensor('z')] }, signature);
  expect(errors).toEqual([]);
  expect(warnings).toEqual(wanted.map((why) => expect.stringMatching(why)));
});

test('half weights under a full input are a warning', async () => {
  const signature = await read('x: Tensor', 'Tensor', { storages: ['Half', 'Long'] });
  const check = (type: string) =>
    checkTorchSignature({ input: [tensor('x', type)], output: [tensor('y')] }, signature).warnings;
  expect([check('TYPE_FP32'), check('TYPE_FP16')]).toEqual([
    [expect.stringContaining('weights are Half, but "x" is TYPE_FP32')],
    [],
  ]);
});

for (const name of ['spleen_ct_unet2d', 'brain_gwm_meshnet5', 'brain_extract_deepbrain']) {
  describeWithData('a real file', [`data/models/${name}.pt`], (path) => {
    test(`${name} takes one tensor and gives one`, async () => {
      const signature = await readTorchSignature(path);
      expect(signature).toMatchObject({ arguments: [{ type: 'Tensor', hasDefault: false }], returns: 'Tensor' });
    });
  });
}
