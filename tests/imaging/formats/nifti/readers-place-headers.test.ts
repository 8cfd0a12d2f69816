import { largestDistance } from '../../../../gateway/imaging/geometry';
import { affineInNibabel, inMillimetres } from '../../../../gateway/imaging/formats/nifti/geometry';
import { parseNiftiHeader } from '../../../../gateway/imaging/formats/nifti/header';
import { affineInItk } from '../../../../gateway/imaging/formats/nifti/itk-reading';
import goldens from '../../../golden/placements.json';

const cases = goldens.map(({ header, ...readers }, at) => ({ at, header: Buffer.from(header, 'base64'), ...readers }));

test.each(cases)(
  'header $at: our reading is that of nibabel and that of SimpleITK',
  ({ header: bytes, nibabel, itk }) => {
    const header = parseNiftiHeader(bytes, 'golden');
    const { dim } = header;
    const own = affineInItk(header);
    expect(own === undefined).toBe(itk === null);
    if (own && itk) {
      // In an image of two dimensions SimpleITK has no third coordinate.
      const compared = own.map((value, i) => (dim.length === 2 && [2, 6, 8, 9, 10, 11].includes(i) ? itk[i] : value));
      expect(largestDistance(compared, itk, dim)).toBeLessThan(0.01);
    }
    const distance = largestDistance(
      inMillimetres(affineInNibabel(header), header),
      inMillimetres(nibabel, header),
      dim,
    );
    expect(distance).toBeLessThan(0.001);
  },
);
