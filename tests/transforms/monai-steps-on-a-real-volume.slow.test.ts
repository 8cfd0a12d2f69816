import golden from '../golden/transforms_monai_steps.json';
import type { Volume } from '../../gateway/imaging/volume';
import { inverses } from '../../gateway/transforms/definition';
import type { Sample } from '../../gateway/transforms/sample';
import { describeWithData } from '../shared-data';
import { expectSampled, type Sampled } from './golden';
import { run, sampleWith } from './samples';

interface Step {
  name: string;
  args: Record<string, unknown>;
  field: string;
  out: Sampled;
  back?: Sampled;
  /** The fields that there are afterwards, of steps that forget some. */
  left?: string[];
}

/** The fields that the golden program starts from: channels of what `make` says of the image's values. */
function channels(image: Volume, make: readonly ((value: number) => number)[]): Volume {
  const size = image.data.length;
  const data = new Float32Array(size * make.length);
  make.forEach((of, c) => image.data.forEach((value, i) => (data[c * size + i] = of(value))));
  return { ...image, data, shape: [make.length, ...image.shape.slice(1)], strides: [size, ...image.strides.slice(1)] };
}

describeWithData('each MONAI transform on a volume of 79 x 67 x 64', [`data/${golden.file}`], (file) => {
  let fields: Record<string, Volume>;
  beforeAll(async () => {
    const sample = sampleWith({}, {}, file);
    await run(sample, 'LoadImaged', { keys: 'image' });
    await run(sample, 'AddChanneld', { keys: 'image' });
    const image = sample.volume('image');
    const label = (value: number) => golden.thresholds.filter((limit) => value > limit).length;
    fields = {
      image,
      label: channels(image, [label]),
      core: channels(image, [(value) => Number(label(value) === 3)]),
      onehot: channels(
        image,
        [0, 1, 2, 3].map((wanted) => (value: number) => Number(label(value) === wanted)),
      ),
      both: channels(image, [(value) => value, label]),
      spots: channels(image, [() => 0]),
    };
    const { data, strides } = fields.spots;
    for (const spot of golden.spots) data[spot.reduce((at, i, d) => at + i * strides[d + 1], 0)] = 1;
  });

  const undo = (sample: Sample, field: string, nearest: boolean) => {
    const step = sample.history.findLast((applied) => applied.field === field)!;
    return inverses.get(step.transform)!(sample.volume(field), step.state, nearest);
  };

  test.each((golden.steps as unknown as Step[]).map((step) => [step.name, JSON.stringify(step.args), step] as const))(
    '%s %s as MONAI 0.8.1, and back',
    async (name, _, { args, field, out, back, left }) => {
      const sample = sampleWith(fields);
      await run(sample, `monai.transforms.${name}`, args);
      const result = sample.volume(field);
      expectSampled(result, out);
      if (left) expect([...sample.volumes.keys()].sort()).toEqual(left);
      if (!back) return;
      const undone = undo(sample, field, false);
      expectSampled(undone, back);
      expect(undone.affine).toEqual(fields[field].affine);
      expect(undone.axes).toBe(fields[field].axes);
    },
  );

  test("AIAA's ExtremePointsd and BoundingBoxd as the functions of MONAI they are like", async () => {
    const sample = sampleWith(fields);
    await run(sample, 'ExtremePointsd', { keys: 'spots' });
    expect(sample.result.points).toEqual(golden.points);
    for (const { value, first, end } of golden.found) {
      sample.volumes.set('pred', fields.label);
      await run(sample, 'LabelToMaskd', { keys: 'pred', select_labels: value });
      await run(sample, 'BoundingBoxd', { keys: 'pred' });
      expect(sample.result.bbox).toEqual([first, end]);
    }
  });
});

test.each(golden.restored as unknown as { mode: string; out: Sampled }[])(
  'RestoreLabeld, mode $mode, as MONAI 0.8.1',
  async ({ mode, out }) => {
    const shape = [1, 8, 12, 16];
    const data = Float32Array.from({ length: 8 * 12 * 16 }, (_, i) => ((i * 37) % 101) / 101);
    const pred: Volume = { data, shape, strides: [1536, 192, 16, 1], axes: 'CZXY', properties: {} };
    const sample = sampleWith({ pred, image: { ...pred, properties: { originalShape: [20, 24, 9] } } });
    const state = { shape: [9, 16, 18], start: [0, 2, 3], end: [9, 14, 17] };
    sample.history.push({ transform: 'SpatialCropGuidanced', field: 'image', state });
    await run(sample, 'RestoreLabeld', { keys: 'pred', ref_image: 'image', mode });
    expectSampled(sample.volume('pred'), out);
  },
);
