import type { InferenceContext } from '../../../../gateway/pipeline/model-run';
import { runScanningWindow } from '../../../../gateway/pipeline/inferers/sliding-window/scanning-window';
import type { Job } from '../../../../gateway/pipeline/job';
import { firstAxisFastest, sizeOf, type Axes, type Volume } from '../../../../gateway/imaging/volume';
import { allocate } from '../../../../gateway/arena';
import type { ModelSpec, ScanningWindowInferer } from '../../../../gateway/model-spec';
import { StageClock } from '../../../../gateway/telemetry/stages';
import { Sample } from '../../../../gateway/transforms/sample';
import { offlineContext, type Predictor, type WholeRequest } from '../../offline-context';

/** An image of ones with a channel axis first. */
function imageOf(shape: number[]): Volume {
  const data = allocate(Float32Array, sizeOf(shape)).fill(1);
  const axes = `C${'XYZ'.slice(0, shape.length)}` as Axes;
  return { data, shape: [1, ...shape], strides: [data.length, ...firstAxisFastest(shape)], axes, properties: {} };
}

/** Runs the inferer against a predictor that answers each window with its ordinal (1, 2, ...) times the voxels of the window. */
async function run(
  shape: number[],
  inferer: Partial<ScanningWindowInferer> & { roi: number[] },
  dims: number[],
  maxBatchSize = 4,
  echo = false,
  predictor?: Predictor,
  world: Partial<InferenceContext> = {},
) {
  const window: ScanningWindowInferer = {
    kind: 'scanning-window',
    rule: 'clara',
    batchSize: 1,
    overlap: 0.25,
    mode: 'constant',
    sigmaScale: 0.125,
    paddingMode: 'constant',
    cval: 0,
    ...inferer,
  };
  const spec = {
    name: 'ordinal',
    inference: {
      inferer: window,
      inputs: [{ tensor: 'IN', field: 'image' }],
      outputs: [{ tensor: 'OUT', field: 'model' }],
    },
    post: [],
    triton: {
      max_batch_size: maxBatchSize,
      input: [{ name: 'IN', data_type: 'TYPE_FP32', dims }],
      output: [{ name: 'OUT', data_type: 'TYPE_FP32', dims }],
    },
  } as unknown as ModelSpec;
  const sample = new Sample(new Map(), {});
  sample.volumes.set('image', imageOf(shape));

  const requests: WholeRequest[] = [];
  let ordinal = 0;
  const infer: Predictor = (request) => {
    requests.push(request);
    const [input] = request.inputs;
    const perWindow = input.data.length / input.shape[0];
    const data = Float32Array.from(input.data as Float32Array, (voxel, at) =>
      echo ? voxel : ordinal + 1 + Math.floor(at / perWindow),
    );
    ordinal += input.shape[0];
    return Promise.resolve(new Map([['OUT', { ...input, name: 'OUT', data }]]));
  };
  const context = offlineContext(predictor ?? infer, world);
  const job = { id: 'x', spec, modelVersion: '1', options: {} } as Job;
  await runScanningWindow({ job, sample, context, clock: new StageClock() }, window);
  return { result: sample.volume('model'), requests };
}

const row = (volume: Volume, length: number, at = 0, step = 1) =>
  Array.from({ length }, (_, i) => Number(volume.data[at + i * step].toFixed(6)));

// A predictor that returns the ordinal of its window.
test.each([
  [8, [1, 1, 1, 1.5, 2.5, 2.5, 2.5, 3]],
  [10, [1, 1, 1, 1.5, 2, 2, 3, 3.5, 3.5, 3.5]],
])('Clara: windows of 4 over %i voxels average to %j', async (length, expected) => {
  const { result } = await run([length, 1, 1], { roi: [4, 1, 1] }, [1, 4, 1, 1]);
  expect(row(result, length)).toEqual(expected);
});

// Image 10 x 7, roi 4 x 4, overlap .25.
test('MONAI: windows over 10 x 7 average as the reference', async () => {
  const { result } = await run([10, 7], { rule: 'monai-0', roi: [4, 4] }, [1, 4, 4]);
  expect(row(result, 7, 0, 10)).toEqual([1, 1, 1, 1.5, 2, 2, 2]);
  expect(row(result, 7, 3, 10)).toEqual([2, 2, 2, 2.5, 3, 3, 3]);
  expect(row(result, 7, 6, 10)).toEqual([4, 4, 4, 4.5, 5, 5, 5]);
});

test('MONAI <= 0.8: gaussian weights as the reference', async () => {
  const { result } = await run([10, 7], { rule: 'monai-0', roi: [4, 4], mode: 'gaussian' }, [1, 4, 4]);
  expect(result.data[3 * 10]).toBeCloseTo(1.008507, 5);
  expect(result.data[3]).toBeCloseTo(1.017013, 5);
});

test('a 2-D model serves a 3-D image: the axis of length 1 is dropped and windows become the batch', async () => {
  const { result, requests } = await run([6, 5, 7], { roi: [8, 8, 1], batchSize: 3 }, [1, -1, -1]);
  expect(requests.map(({ inputs }) => inputs[0].shape)).toEqual([
    [3, 1, 8, 8],
    [3, 1, 8, 8],
    [1, 1, 8, 8],
  ]);
  expect(result.shape).toEqual([1, 6, 5, 7]);
  for (let z = 0; z < 7; z++) expect(row(result, 30, z * 30)).toEqual(new Array(30).fill(z + 1));
});

test('the tensor is cut in C order and padded with zeros after the image', async () => {
  const { requests } = await run([2, 3], { roi: [4, 4] }, [1, 4, 4]);
  expect(Array.from(requests[0].inputs[0].data as Float32Array)).toEqual([
    1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
});

test('dims that cannot belong to the image are refused with both named', async () => {
  await expect(run([6, 5, 7], { roi: [4, 4, 4] }, [3, 4, 4, 4])).rejects.toThrow(
    /dims of IN are \[3, 4, 4, 4\] after the batch axis.*1 channel.*\[6, 5, 7\].*\[4, 4, 4\]/,
  );
});

test('without batching in Triton, a fixed first axis of 1 means one window per call', async () => {
  const { requests } = await run([6, 5], { roi: [4, 5], batchSize: 3 }, [1, 1, 4, 5], 0);
  expect(requests.map(({ inputs }) => inputs[0].shape)).toEqual([
    [1, 1, 4, 5],
    [1, 1, 4, 5],
  ]);
});

test('without batching in Triton and without a batch axis in the dims, the tensor has none', async () => {
  const { requests } = await run([6, 5], { roi: [4, 5], batchSize: 3 }, [1, 4, 5], 0);
  expect(requests[0].inputs[0].shape).toEqual([1, 4, 5]);
});

test('MONAI: an image shorter than the window lies in its middle, and the result is cut out there', async () => {
  const { result, requests } = await run([5, 4], { rule: 'monai-1', roi: [8, 4] }, [1, 8, 4], 4, true);
  const columns = Array.from({ length: 8 }, (_, x) => (requests[0].inputs[0].data as Float32Array)[x * 4]);
  expect(columns).toEqual([0, 1, 1, 1, 1, 1, 0, 0]);
  expect(result.shape).toEqual([1, 5, 4]);
  expect(row(result, 20)).toEqual(new Array(20).fill(1));
});

test('a window may fail while an earlier one is awaited: somebody listens, and the job fails with the first', async () => {
  const listenedWhenItFailed: boolean[] = [];
  let asked = 0;
  let secondHasFailed = () => {};
  const second = new Promise<void>((resolve) => (secondHasFailed = resolve));
  const predictor = () => {
    const number = ++asked;
    const answer = (number === 1 ? second : Promise.resolve()).then(() => {
      // In a later turn: what nobody listens to would end the process by then.
      if (number === 2) setImmediate(secondHasFailed);
      listenedWhenItFailed.push(listens.mock.calls.length > 0);
      throw new Error(`window ${number}`);
    });
    const listens = jest.spyOn(answer, 'then');
    return answer;
  };
  await expect(run([10, 1, 1], { roi: [4, 1, 1] }, [1, 4, 1, 1], 1, false, predictor)).rejects.toThrow('window 1');
  expect(listenedWhenItFailed).toEqual([true, true]);
});

describe('requests on the server', () => {
  /** What the clock of the turns says. */
  let now = 0;
  beforeEach(() => jest.spyOn(performance, 'now').mockImplementation(() => now));
  afterEach(() => jest.restoreAllMocks());

  /**
   * Answers each window when nothing else happens any more, after `ms` on the clock; notes what happens, and whether its voxels were left alone
   * meanwhile.
   */
  function serverOf(ms: number) {
    const notes: string[] = [];
    const damaged: number[] = [];
    let made = 0;
    let answered = Promise.resolve();
    const infer: Predictor = async ({ inputs: [input], inTurn }) => {
      const number = ++made;
      const voxels = Array.from(input.data as Float32Array);
      notes.push(`ready ${number}`);
      const answer = await inTurn!(async () => {
        notes.push(`begin ${number}`);
        await (answered = answered.then(() => quiet(notes)));
        now += ms;
        notes.push(`end ${number}`);
        return new Map([['OUT', { ...input, name: 'OUT', data: Float32Array.from(input.data as Float32Array) }]]);
      });
      if (voxels.some((voxel, at) => voxel !== input.data[at])) damaged.push(number);
      return answer;
    };
    return { notes, damaged, infer };
  }

  /** Resolves when the event loop has gone round many times without another note. */
  async function quiet(notes: readonly string[]): Promise<void> {
    for (let seen = -1; seen !== notes.length;) {
      seen = notes.length;
      for (let round = 0; round < 50; round++) await new Promise(setImmediate);
    }
  }

  const through = (
    instances: number,
    server: ReturnType<typeof serverOf>,
    world: Partial<InferenceContext> = {},
    length = 13,
  ) =>
    run([length, 1, 1], { roi: [4, 1, 1] }, [1, 4, 1, 1], 1, false, server.infer, {
      instances: () => Promise.resolve(instances),
      ...world,
    });

  test('one instance: the next window is ready while one is computed, and begins when that ends', async () => {
    const server = serverOf(30);
    await through(1, server);
    expect(server.notes.slice(0, 8)).toEqual(['ready 1', 'begin 1', 'ready 2', 'end 1', 'begin 2', 'ready 3', 'end 2', 'begin 3']); // prettier-ignore
    expect(server.damaged).toEqual([]);
  });

  test('two instances: two are computed at a time, and a third is ready', async () => {
    const server = serverOf(30);
    await through(2, server);
    expect(server.notes.slice(0, 7)).toEqual(['ready 1', 'begin 1', 'ready 2', 'begin 2', 'ready 3', 'end 1', 'begin 3']); // prettier-ignore
    expect(server.damaged).toEqual([]);
  });

  test('of many instances a job takes four', async () => {
    const server = serverOf(30);
    await through(9, server, {}, 40);
    expect(server.notes.slice(0, 10)).toEqual([...[1, 2, 3, 4].flatMap((n) => [`ready ${n}`, `begin ${n}`]), 'ready 5', 'end 1']); // prettier-ignore
    expect(server.damaged).toEqual([]);
  });

  test('while answers come soon, one more is on its way to the server', async () => {
    const server = serverOf(2);
    await through(1, server);
    expect(server.notes.slice(0, 8)).toEqual(['ready 1', 'begin 1', 'ready 2', 'end 1', 'begin 2', 'ready 3', 'begin 3', 'end 2']); // prettier-ignore
    expect(server.damaged).toEqual([]);
  });

  test('nothing begins after a cancel', async () => {
    const server = serverOf(30);
    const throwIfCancelled = () => {
      if (server.notes.includes('end 2')) throw new Error('cancelled');
    };
    await expect(through(1, server, { throwIfCancelled })).rejects.toThrow('cancelled');
    expect(server.notes.at(-1)).toBe('end 2');
  });
});
