import golden from '../golden/transforms_clara.json';
import { describeWithData } from '../shared-data';
import { expectSampled, hashOf } from './golden';
import { pattern, run, sampleWith, scoresOf } from './samples';

describe.each(golden)('Clara chain on $file, canonical $canonical, to $target mm', (expected) => {
  describeWithData('with the file', [`data/${expected.file}`], (file) => {
    test('every step as the reference', async () => {
      const sample = sampleWith({}, {}, file);
      await run(sample, 'LoadNifti', { fields: 'image', as_closest_canonical: String(expected.canonical) });
      const loaded = sample.volume('image');
      expect(loaded.shape).toEqual(expected.loaded.shape);
      expect(hashOf(loaded)).toBe(expected.loaded.sha256);
      loaded.affine!.forEach((value, i) => expect(value).toBeCloseTo(expected.affine[i], 6));

      await run(sample, 'ConvertToChannelsFirst', { fields: 'image' });
      await run(sample, 'ScaleByResolution', { fields: 'image', target_resolution: expected.target });
      expectSampled(sample.volume('image'), expected.scaled);
      expect(sample.volume('image').affine).toEqual(loaded.affine);

      const [low, high] = expected.range;
      await run(sample, 'ScaleIntensityRange', {
        fields: ['image'],
        a_min: low,
        a_max: high,
        b_min: 0,
        b_max: 1,
        clip: 'True',
      });
      expectSampled(sample.volume('image'), expected.ranged);
      sample.volumes.set('normal', sample.volume('image'));
      await run(sample, 'NormalizeNonzeroIntensities', { fields: 'normal' });
      expectSampled(sample.volume('normal'), { ...expected.normalized, sum: sumOf(sample.volume('normal').data) });

      sample.volumes.set('model', scoresOf(pattern(expected.scaled.shape)));
      await run(sample, 'ArgmaxAcrossChannels', { fields: 'model' });
      expect(sumOf(sample.volume('model').data)).toBe(expected.maskSum);
      await run(sample, 'FetchExtremePoints', { image_field: 'image', label_field: 'model', points: 'points' });
      expect(sample.result).toEqual({ points: expected.points });

      const properties = ['affine', 'original_affine', 'as_canonical'];
      await run(sample, 'CopyProperties', { fields: 'model', from_field: 'image', properties });
      await run(sample, 'RestoreOriginalShape', { field: 'model', src_field: 'image', is_label: true });
      const mask = sample.volume('model');
      expect(mask.shape).toEqual([1, ...expected.restored.shape]);
      expect(hashOf(mask)).toBe(expected.restored.sha256);
      expect(mask.affine).toEqual(loaded.affine);
      expect(mask.properties).toMatchObject({
        asCanonical: expected.canonical,
        originalAffine: loaded.properties.originalAffine,
      });
    });
  });
});

function sumOf(data: Iterable<number>): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum;
}
