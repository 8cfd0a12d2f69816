import { findWriter } from '../../../gateway/transforms/registry';
import { Sample } from '../../../gateway/transforms/sample';
import { writeResult } from '../../../gateway/pipeline/writers/writers';

const labels = ['Nodule', 'Mass', 'Effusion'];

async function answer(name: string, args: object, scores: number[], of: readonly string[] = labels) {
  const writer = findWriter(name)!;
  const sample = new Sample(new Map(), {});
  sample.values.set('model', scores);
  const step = { name: writer.name, args: writer.args.parse(args) as Record<string, unknown> };
  return writeResult(sample, step, { params: {}, image: { path: '', name: '' }, directory: '', labels: of });
}

describe.each<[string, object]>([
  ['WriteClassificationResult', { field: 'model' }],
  ['WriteClassificationResult', { fields: ['model'] }],
  ['WriteClassificationResult', {}],
  ['monailabel.interfaces.utils.writer.ClassificationWriter', { image: 'model' }],
])('%s %j', (name, args) => {
  test('lists what reaches the threshold, and every probability by its name', async () => {
    expect(await answer(name, args, [0.25, 0.5, 0.875])).toEqual({
      json: { prediction: ['Mass', 'Effusion'], probabilities: { Nodule: 0.25, Mass: 0.5, Effusion: 0.875 } },
    });
  });
});

test('activations, thresholds and names of the writer’s own', async () => {
  const sigmoid = await answer('ClassificationWriter', { activation: 'sigmoid', threshold: 0.6 }, [
    0,
    Math.log(3),
    -800,
  ]);
  expect(sigmoid.json).toEqual({
    prediction: ['Mass'],
    probabilities: { Nodule: 0.5, Mass: expect.closeTo(0.75), Effusion: 0 },
  });
  const names = { label_names: { 0: 'no', 1: 'yes' }, activation: 'softmax' };
  const softmax = await answer('ClassificationWriter', names, [900, 900 + Math.log(3)]);
  expect(softmax.json).toEqual({
    prediction: ['yes'],
    probabilities: { no: expect.closeTo(0.25), yes: expect.closeTo(0.75) },
  });
  expect((await answer('ClassificationWriter', {}, [1], [])).json).toEqual({
    prediction: ['0'],
    probabilities: { 0: 1 },
  });
});

test.each<[number[], string]>([
  [[1, 2], 'gives 2 scores in "model", but there are 3 labels: Nodule, Mass, Effusion'],
  [[1, NaN, 2], 'score of class 1 is NaN'],
])('%j is refused', async (scores, message) => {
  await expect(answer('ClassificationWriter', {}, scores)).rejects.toThrow(message);
});
