import golden from '../golden/transforms_monai.json';
import { describeWithData } from '../shared-data';
import { expectSampled, hashOf } from './golden';
import { pattern, run, sampleWith, scoresOf } from './samples';

describe.each(golden.chains)('AIAA 4 chain on $file, axes $axcodes, to $pixdim mm', (expected) => {
  describeWithData('with the file', [`data/${expected.file}`], (file) => {
    test('every step as MONAI 0.8.1', async () => {
      const sample = sampleWith({}, {}, file);
      const [low, high] = expected.range;
      await run(sample, 'monai.transforms.LoadImaged', { keys: 'image' });
      const loaded = sample.volume('image');
      await run(sample, 'monai.transforms.AddChanneld', { keys: 'image' });
      if (expected.axcodes)
        await run(sample, 'monai.transforms.Orientationd', { keys: 'image', axcodes: expected.axcodes });
      await run(sample, 'monai.transforms.Spacingd', { keys: 'image', pixdim: expected.pixdim });
      await run(sample, 'monai.transforms.ScaleIntensityRanged', {
        keys: 'image',
        a_min: low,
        a_max: high,
        b_min: 0,
        b_max: 1,
        clip: true,
      });
      const image = sample.volume('image');
      expectSampled(image, expected.image);
      image.affine!.forEach((value, i) => expect(Math.abs(value - expected.affine[i])).toBeLessThan(1e-3));

      sample.volumes.set('pred', scoresOf(pattern(image.shape.slice(1))));
      await run(sample, 'monai.transforms.AddChanneld', { keys: 'pred' });
      await run(sample, 'monai.transforms.Activationsd', { keys: 'pred', softmax: true });
      await run(sample, 'monai.transforms.AsDiscreted', { keys: 'pred', argmax: true });
      await run(sample, 'monai.transforms.SqueezeDimd', { keys: 'pred', dim: 0 });
      await run(sample, 'monai.transforms.ToNumpyd', { keys: 'pred' });
      await run(sample, 'aiaa.transforms.Restored', { keys: 'pred', ref_image: 'image' });
      const mask = sample.volume('pred');
      expect(mask.axes).toBe('XYZ');
      expect(mask.shape).toEqual(expected.restored.shape);
      expect(mask.shape).toEqual(loaded.shape);
      expect(hashOf(mask)).toBe(expected.restored.sha256);
      expect(mask.affine).toEqual(loaded.affine);

      await run(sample, 'aiaa.transforms.ExtremePointsd', { keys: 'pred', result: 'result', points: 'points' });
      await run(sample, 'aiaa.transforms.BoundingBoxd', { keys: 'pred', result: 'result', bbox: 'bbox' });
      const points = sample.result.points as number[][];
      const [first, last] = sample.result.bbox as number[][];
      points.forEach((point, n) => expect(point[n >> 1]).toBe(n % 2 ? last[n >> 1] - 1 : first[n >> 1]));
      points.forEach(([i, j, k]) => expect(mask.data[i + mask.shape[0] * (j + mask.shape[1] * k)]).toBe(1));
    });
  });
});
