import { fail } from '../../../gateway/errors';
import { examine, trialOf } from '../../../gateway/deployment/validation/examine';
import type { ModelSpec } from '../../../gateway/model-spec';
import type { InferRequest } from '../../../gateway/triton/inference-client';
import type { Triton } from '../../../gateway/triton/triton';

type Loose = {
  dims?: number[];
  maxBatch?: number;
  roi?: number[];
  pre?: object[];
  type?: string;
  labels?: string[];
  info?: object;
};

function specOf({
  dims = [1, -1, -1, -1],
  maxBatch = 0,
  roi,
  pre = [],
  type = 'segmentation',
  labels = ['spleen'],
  info = {},
}: Loose) {
  return {
    name: 'm',
    type,
    labels,
    info,
    pre,
    writer: { name: 'Writer', args: {} },
    inference: {
      inferer: roi ? { kind: 'scanning-window', roi, batchSize: 2 } : { kind: 'simple' },
      inputs: [{ tensor: 'IN', field: 'image' }],
      outputs: [{ tensor: 'OUT', field: 'model' }],
    },
    triton: { max_batch_size: maxBatch, input: [{ name: 'IN', data_type: 'TYPE_FP32', dims }], output: [] },
  } as unknown as ModelSpec;
}

test.each<[string, Loose, number[], boolean]>([
  ['a window fills the free axes', { roi: [96, 80, 64] }, [1, 96, 80, 64], true],
  ['after Triton’s own batch axis', { roi: [96, 80, 64], maxBatch: 4 }, [1, 1, 96, 80, 64], true],
  ['after a batch axis of the model', { roi: [96, 80, 64], dims: [-1, 1, -1, -1, -1] }, [1, 1, 96, 80, 64], true],
  ['without the axis of length 1 that a 2-D model does not have', { roi: [256, 200, 1], dims: [1, -1, -1], maxBatch: 1 }, [1, 1, 256, 200], true],
  ['an axis of length 1 that may be the batch is a guess', { roi: [256, 256, 1], dims: [1, -1, -1, -1] }, [1, 256, 256, 1], false],
  ['fixed axes are known', { dims: [3, 256, 256], maxBatch: 8 }, [1, 3, 256, 256], true],
  ['the size that the pre-transforms make', { dims: [3, -1, -1], maxBatch: 8, pre: [{ name: 'Resized', args: { spatial_size: [128, 96] } }] }, [1, 3, 128, 96], true],
  ['a whole axis is a guess', { roi: [96, 96, -1], maxBatch: 1 }, [1, 1, 64, 64, 64], false],
  ['nothing known is a guess', { dims: [-1, 1, -1, -1, -1] }, [1, 1, 64, 64, 64], false],
])('%s', (_name, loose, shape, certain) => {
  const trial = trialOf(specOf(loose))!;
  expect({ shape: trial.inputs[0].shape, certain: trial.certain }).toEqual({ shape, certain });
}); // prettier-ignore

/** A Triton that answers with the input's shape and this many channels. */
function answering(channels: number | Error): Triton {
  const infer = ({ inputs: [{ shape }] }: InferRequest) => {
    if (channels instanceof Error) return Promise.reject(channels);
    const out = shape.map((length, axis) => (axis === 1 ? channels : length));
    return Promise.resolve(
      new Map([['OUT', { name: 'OUT', datatype: 'FP32', shape: out, data: new Float32Array(0) }]]),
    );
  };
  return { infer, models: { memory: () => Promise.resolve(3 << 20) } } as unknown as Triton;
}

const options = { dryRunMs: 1000, tensorBytes: 1 << 30 };
const window = { roi: [8, 8, 8], maxBatch: 4 };

test('says what went in and out, how long it took and how large it was', async () => {
  const { errors, warnings, dryRun } = await examine(specOf(window), 1, answering(2), options);
  expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
  expect(dryRun).toEqual({
    inputs: ['IN FP32 [1, 1, 8, 8, 8]'],
    outputs: ['OUT FP32 [1, 2, 8, 8, 8]'],
    firstMs: expect.any(Number),
    secondMs: expect.any(Number),
    tensorsMb: 0,
    backendMb: 3,
  });
});

test.each([
  [['a', 'b', 'c'], 2, ['"labels" has 3 labels, but "OUT" has 2 channels; expected 3, or 4 with the background']],
  [['a'], 5, ['"labels" has 1 label, but "OUT" has 5 channels; expected 1, or 2 with the background']],
  [['a', 'b', 'c'], 3, []],
  [['a', 'b', 'c'], 4, []],
])('labels %j and %i channels', async (labels, channels, expected) => {
  expect((await examine(specOf({ ...window, labels }), 1, answering(channels), options)).warnings).toEqual(expected);
});

test('a failure is an error where jobs send these shapes, else a warning', async () => {
  const broken = answering(fail('INFERENCE_FAILED', { model: 'm', what: 'no kernel' }));
  const certain = await examine(specOf(window), 1, broken, options);
  expect(certain.errors).toEqual([
    expect.stringMatching(/^A trial run on zeros \(IN FP32 \[1, 1, 8, 8, 8\]\) fails: .*no kernel/),
  ]);
  const guessed = await examine(specOf({}), 1, broken, options);
  expect(guessed).toMatchObject({ errors: [], warnings: [expect.stringMatching(/did not succeed: .*no kernel/)] });
  const slow = answering(fail('TRITON_TIMEOUT', { call: 'ModelInfer', seconds: 1, setting: 'x' }));
  expect((await examine(specOf(window), 1, slow, options)).errors).toEqual([]);
});

test('a shape that no memory holds is not tried', async () => {
  const never = { infer: () => Promise.reject(new Error('it was tried')) } as unknown as Triton;
  const { errors, warnings } = await examine(specOf({ ...window, roi: [1e6, 1e6, 1e6] }), 1, never, options);
  expect(errors).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/^No trial run was made: its inputs \(IN FP32 .* would take \d+ MB/),
  ]);
});

test('a Triton that went away says nothing of the model', async () => {
  const away = answering(fail('TRITON_UNAVAILABLE', { url: 'x', what: 'gone' }));
  await expect(examine(specOf(window), 1, away, options)).rejects.toMatchObject({ code: 'TRITON_UNAVAILABLE' });
});

test('what clients need of the model’s entry', async () => {
  const sentences = async (loose: Loose) =>
    (await examine(specOf(loose), 1, answering(1), { ...options, dryRunMs: 0 })).warnings;
  expect(await sentences({ type: 'deepgrow', labels: [] })).toEqual([expect.stringMatching(/2-D one/)]);
  expect(await sentences({ type: 'deepgrow', labels: [], info: { deepgrow: '3d' } })).toEqual([]);
  expect(await sentences({ labels: [] })).toEqual([expect.stringMatching(/"labels" is empty/)]);
});

test('tensors that shared memory cannot hold are told', async () => {
  const { warnings } = await examine(specOf({ ...window, roi: [128, 128, 128] }), 1, answering(2), {
    ...options,
    tensorBytes: 1 << 20,
  });
  expect(warnings).toEqual([expect.stringMatching(/one call take 48 MB, more than the 1 MB/)]);
});
