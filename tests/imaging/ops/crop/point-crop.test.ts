import { boxAroundPoints, cropResampled, pasteMap } from '../../../../gateway/imaging/ops/crop/point-crop';
import { applyAffine } from '../../../../gateway/imaging/geometry';
import golden from '../../../golden/annotation_crop.json';
import { rampVolume } from '../../../transforms/deepgrow-samples';
import { expectSampled, type Sampled } from '../../../transforms/golden';

test('the box of NVIDIA’s example', () => {
  const points = [[52, 181, 126], [137, 152, 171], [97, 113, 148], [78, 227, 115], [72, 178, 80], [97, 175, 188]]; // prettier-ignore
  expect(boxAroundPoints(points, 20, [1, 1, 1], [250, 250, 220])).toEqual({ low: [32, 93, 60], high: [157, 247, 208] });
});

test.each(golden)(
  'crop of $shape as SimpleITK resamples it',
  ({ shape, spacing, padding, points, low, high, crop }) => {
    const volume = rampVolume(shape, spacing);
    const box = boxAroundPoints(points, padding, spacing, shape);
    expect(box).toEqual({ low, high });
    const small = cropResampled(volume, box, [128, 128, 128]);
    expectSampled(small, crop as unknown as Sampled);
    expect(applyAffine(small.affine!, [0, 0, 0])).toEqual(applyAffine(volume.affine!, low));
  },
);

test('results are put back with the nearest sample', () => {
  expect([...pasteMap(2, 7, 10, 9)]).toEqual([-1, -1, 0, 2, 4, 6, 8, -1, -1]);
  expect([...pasteMap(0, 6, 3, 6)]).toEqual([0, 1, 1, 2, 2, -1]);
});
