import { toVolume } from '../../gateway/pipeline/inferers/tensors';
import { writeResult } from '../../gateway/pipeline/writers/writers';
import type { Axes, Volume } from '../../gateway/imaging/volume';
import { findTransform } from '../../gateway/transforms/registry';
import { Sample } from '../../gateway/transforms/sample';
import type { TransformOptions } from '../../gateway/transforms/definition';

const image: Volume = { data: new Float32Array(27), shape: [1, 3, 3, 3], strides: [27, 9, 3, 1], axes: 'CXYZ' as Axes, properties: {} }; // prettier-ignore
const layout = { batched: true, maxBatch: 1, channel: 'first', keptAxes: [0, 1, 2] } as const;
const answer = (shape: number[], ...values: number[]) => ({ name: 'OUT', datatype: 'FP32' as const, shape, data: Float32Array.from(values) }); // prettier-ignore
const volumeOf = (shape: number[], ...values: number[]) => toVolume(answer(shape, ...values), { ...layout, keptAxes: [0, 1, 2] }, [3, 3, 3], image, 'net'); // prettier-ignore

async function through(steps: [string, object][], writer: string, scores: number[], labels: string[]) {
  const sample = new Sample(new Map(), {});
  sample.volumes.set('pred', volumeOf([1, scores.length], ...scores));
  for (const [name, args] of steps) {
    const { args: schema, apply } = findTransform(name)!;
    await apply(
      sample,
      schema.parse({ keys: 'pred', ...args }) as never,
      { monai: '1.5.2', bundle: true } as unknown as TransformOptions,
    );
  }
  const args = writer === 'SaveClassificationd' ? { keys: ['pred'] } : { image: 'pred', label_names: null, activation: 'none', threshold: 0.5 }; // prettier-ignore
  const job = { params: {}, image: { path: 'x', name: 'x' }, directory: '.', labels };
  return (await writeResult(sample, { name: writer, args }, job)).json;
}

test('softmax, then all probabilities by name', async () => {
  // softmax of ln 1, ln 2, ln 5: 1/8, 2/8, 5/8.
  const json = await through([['Activationsd', { softmax: true }]], 'ClassificationWriter', [0, Math.log(2), Math.log(5)], ['A', 'B', 'C']); // prettier-ignore
  expect(json.prediction).toEqual(['C']);
  expect(json.probabilities).toEqual({ A: expect.closeTo(0.125, 6), B: expect.closeTo(0.25, 6), C: expect.closeTo(0.625, 6) }); // prettier-ignore
});

test('sigmoid and threshold', async () => {
  const steps: [string, object][] = [['Activationsd', { sigmoid: true }], ['AsDiscreted', { threshold: 0.5 }]]; // prettier-ignore
  expect(await through(steps, 'SaveClassificationd', [-1, 2], ['A', 'B'])).toEqual({
    prediction: ['B'],
    probabilities: { A: 0, B: 1 },
  });
});

test('argmax gives the name of the class', async () => {
  const steps: [string, object][] = [['Activationsd', { softmax: true }], ['AsDiscreted', { argmax: true }]]; // prettier-ignore
  expect(await through(steps, 'SaveClassificationd', [3, 1, 2], ['A', 'B', 'C'])).toEqual({ prediction: ['A'] });
  expect(await through(steps, 'SaveClassificationd', [1, 1, 2], ['A', 'B', 'C'])).toEqual({ prediction: ['C'] });
});

test('what is neither an image nor a vector is an error with its shape', () => {
  expect(volumeOf([1, 1, 4], 1, 2, 3, 4).shape).toEqual([4, 1, 1, 1]);
  expect(() => volumeOf([1, 2, 2], 1, 2, 3, 4)).toThrow(
    '[1, 2, 2], which is neither an image nor one number per class',
  );
});
