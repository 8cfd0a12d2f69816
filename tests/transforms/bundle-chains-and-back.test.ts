import golden from '../golden/transforms_monai_bundle.json';
import type { Volume } from '../../gateway/imaging/volume';
import { inverses } from '../../gateway/transforms/definition';
import { findTransform } from '../../gateway/transforms/registry';
import { describeWithData } from '../shared-data';
import { expectSampled, hashOf, type Sampled } from './golden';
import { checkedArgs, run, sampleWith } from './samples';

const bundles = { resampling: 'half-pixel', monai: '1.5.2', bundle: true } as const;

interface Chain {
  file: string;
  steps: [name: string, args: object][];
  nearest: boolean;
  image: Sampled;
  affine: number[];
  range: [number, number];
  back: Sampled;
  backAffine: number[];
  labels: number;
  nearTies: number;
  sha256: string;
}

/** The golden program's stand-in for a network: 0.5, and the image scaled to 0..1. */
function scores(image: Volume, [low, high]: [number, number]): Volume {
  const size = image.data.length;
  const data = new Float32Array(2 * size).fill(0.5);
  for (let i = 0; i < size; i++) data[size + i] = (image.data[i] - low) / (high - low);
  const axis = image.axes.indexOf('C');
  return { ...image, data, shape: image.shape.with(axis, 2), strides: image.strides.with(axis, size), properties: {} };
}

const close = (a: readonly number[], b: readonly number[]) =>
  a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(1e-3));

describe.each(golden.chains as unknown as Chain[])('$file through $steps and Invertd, nearest $nearest', (expected) => {
  describeWithData('with the file', [`data/${expected.file}`], (file) => {
    test('as MONAI 1.5.2', async () => {
      const sample = sampleWith({}, {}, file);
      await run(sample, 'LoadImaged', { keys: 'image' });
      await run(sample, 'EnsureChannelFirstd', { keys: 'image' });
      const loaded = sample.volume('image');
      for (const [name, args] of expected.steps) await run(sample, name, args);
      const image = sample.volume('image');
      expectSampled(image, expected.image);
      close(image.affine!, expected.affine);

      sample.volumes.set('pred', scores(image, expected.range));
      await run(sample, 'Invertd', { keys: 'pred', orig_keys: 'image', nearest_interp: expected.nearest });
      const back = sample.volume('pred');
      expectSampled(back, expected.back);
      expect(back.affine).toEqual(loaded.affine);

      await run(sample, 'AsDiscreted', { keys: 'pred', argmax: true });
      const labels = sample.volume('pred');
      const count = Array.from(labels.data).reduce((sum, label) => sum + label, 0);
      expect(Math.abs(count - expected.labels)).toBeLessThanOrEqual(expected.nearTies);
      await run(sample, 'SqueezeDimd', { keys: 'pred' });
      if (expected.nearTies === 0) {
        expect(hashOf(inFileOrder(sample.volume('pred')))).toBe(expected.sha256);
      }
    });
  });
});

/** x fastest. */
function inFileOrder(volume: Volume): Volume {
  const [nx, ny, nz] = volume.shape;
  const [sx, sy, sz] = volume.strides;
  const data = new Uint8Array(nx * ny * nz);
  let at = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      for (let i = 0; i < nx; i++) data[at++] = volume.data[i * sx + j * sy + k * sz];
    }
  }
  return { ...volume, data };
}

interface Step {
  name: string;
  args: object;
  out: Sampled;
  affine: number[];
  back: Sampled;
}

describe.each(golden.boxes)('on a box of $file', ({ file: source, box, steps }) => {
  describeWithData('with the file', [`data/${source}`], (file) => {
    test.each((steps as unknown as Step[]).map((step) => [step.name, JSON.stringify(step.args), step] as const))(
      '%s %s as MONAI 1.5.2, and back',
      async (name, _, { args, out, affine, back }) => {
        const sample = sampleWith({}, {}, file);
        await run(sample, 'LoadImaged', { keys: 'image' });
        await run(sample, 'EnsureChannelFirstd', { keys: 'image' });
        await run(sample, 'SpatialCropd', { keys: 'image', ...box });
        const before = sample.volume('image');
        await findTransform(name)!.apply(sample, checkedArgs(name, { keys: 'image', ...args }), bundles);
        const done = sample.volume('image');
        expectSampled(done, out);
        close(done.affine!, affine);
        const { state } = sample.history.at(-1)!;
        const undone = inverses.get(name)!(done, state, 'mode' in args && args.mode === 'nearest');
        expectSampled(undone, back);
        expect(undone.affine).toEqual(before.affine);
      },
    );
  });
});
