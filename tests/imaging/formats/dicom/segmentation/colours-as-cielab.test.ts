import { cieLab, dicomLab } from '../../../../../gateway/imaging/formats/dicom/segmentation/lab-colour';
import golden from '../../../../golden/dicom_segmentation.json';

test.each(golden.colours)('$rgb is $lab under D50', ({ rgb, lab }) => {
  const found = cieLab(rgb as [number, number, number]);
  // littlecms gave whole numbers.
  lab.forEach((value, at) => expect(Math.abs(found[at] - value)).toBeLessThanOrEqual(0.7));
});

test('white and black in the scale of DICOM: 65535 is L* 100, 32896 is a* and b* 0', () => {
  expect(dicomLab([255, 255, 255])).toEqual([65535, 32896, 32896]);
  expect(dicomLab([0, 0, 0])).toEqual([0, 32896, 32896]);
});
