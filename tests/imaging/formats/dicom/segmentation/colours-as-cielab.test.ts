import { cieLab } from '../../../../../gateway/imaging/formats/dicom/segmentation/segments';
import golden from '../../../../golden/dicom_segmentation.json';

test.each(golden.colours)('$rgb is $lab under D50', ({ rgb, lab }) => {
  const found = cieLab(rgb as [number, number, number]);
  // littlecms gave whole numbers.
  lab.forEach((value, at) => expect(Math.abs(found[at] - value)).toBeLessThanOrEqual(0.7));
});
