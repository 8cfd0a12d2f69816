import { closestCanonical } from '../../../gateway/imaging/affine';
import { decodeImage, toFloat32, type DecodedImage } from '../../../gateway/imaging/formats/decode';
import goldens from '../../golden/imaging_formats.json';
import { describeWithData } from '../../shared-data';
import { largestDifference, voxelHash } from './voxels';

interface Golden {
  reader: string;
  shape: number[];
  raw: string;
  float32?: string;
  affine?: number[];
  canonical?: { shape: number[]; float32: string; affine: number[] };
}

// The affine comes from float32 fields for NIfTI (exact), from decimal text through ITK's own arithmetic otherwise.
const tolerances: Record<string, number> = { nibabel: 0, SimpleITK: 1e-6 };

for (const [path, golden] of Object.entries(goldens as Record<string, Golden>)) {
  describeWithData(`${path} against ${golden.reader}`, [`data/${path}`], (file) => {
    let image: DecodedImage;
    beforeAll(async () => {
      image = await decodeImage(file, path);
    });

    test('shape, voxels and affine', () => {
      const { volume } = image;
      expect(volume.shape).toEqual(golden.shape);
      expect(voxelHash(volume)).toBe(golden.raw);
      if (golden.affine)
        expect(largestDifference(volume.affine!, golden.affine)).toBeLessThanOrEqual(tolerances[golden.reader]);
      else expect(volume.affine).toBeUndefined();
    });

    if (!golden.float32) return;
    test('real values as float32, as they lie and in the closest canonical axes', () => {
      const real = toFloat32(image);
      expect(voxelHash(real)).toBe(golden.float32);
      if (!golden.canonical) return;
      const turned = closestCanonical(real);
      expect(turned.shape).toEqual(golden.canonical.shape);
      expect(voxelHash(turned)).toBe(golden.canonical.float32);
      expect(largestDifference(turned.affine!, golden.canonical.affine)).toBeLessThan(1e-12);
    });
  });
}
